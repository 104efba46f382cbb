#compdef banger
# zsh completion for banger: banger completion zsh > a directory of $fpath, as _banger
_banger() {
  local -a candidates
  candidates=("${(@f)$(${words[1]} __complete $((CURRENT - 2)) "${(@)words[2,-1]}" 2>/dev/null)}")
  compadd -- ${candidates:#}
}
if [[ $funcstack[1] == _banger ]]; then
  _banger "$@"
else
  compdef _banger banger
fi
