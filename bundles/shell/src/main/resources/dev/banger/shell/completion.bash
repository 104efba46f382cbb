# bash completion for banger: source <(banger completion bash)
_banger() {
  local -a words=()
  local i current index=0 rest
  # Bash splits words at '=' and ':'; they are put together again.
  for ((i = 1; i < ${#COMP_WORDS[@]}; i++)); do
    if ((${#words[@]} > 0)) && [[ ${COMP_WORDS[i]} == [=:]* || ${COMP_WORDS[i - 1]} == [=:] ]]; then
      words[${#words[@]} - 1]+=${COMP_WORDS[i]}
    else
      words+=("${COMP_WORDS[i]}")
    fi
    ((i <= COMP_CWORD)) && index=$((${#words[@]} - 1))
  done
  current=${words[index]:-}
  COMPREPLY=()
  while IFS= read -r rest; do
    [[ $rest == "$current"* ]] || continue
    # Readline replaces only what stands behind the last break of the word.
    if [[ $current == *[=:]* ]]; then
      rest=${rest#"${current%"${current##*[=:]}"}"}
    fi
    COMPREPLY+=("$rest")
  done < <("${COMP_WORDS[0]}" __complete "$index" "${words[@]}" 2>/dev/null)
}
complete -F _banger banger
