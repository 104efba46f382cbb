// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.testkit.capability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.banger.capability.Capability;
import dev.banger.error.BangerException;
import dev.banger.error.ErrorCode;
import dev.banger.guest.GuestConfig;
import dev.banger.operation.Operation;
import dev.banger.testkit.VmBuilder;
import dev.banger.vm.Vm;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each test of the contract fails for a capability that breaks its rule. */
class BrokenPromisesTest {
  /** A rule that is broken, and the test that finds it. */
  enum Fault {
    MALFORMED_NAME("its_name_has_the_form_of_a_name_and_is_the_same_in_all_hooks") {
      @Override
      NoteCapability capability(Notes notes) {
        return new NoteCapability(notes) {
          @Override
          public String capability() {
            return "A Note";
          }
        };
      }
    },
    CHANGING_NAME("its_name_has_the_form_of_a_name_and_is_the_same_in_all_hooks") {
      @Override
      NoteCapability capability(Notes notes) {
        return new NoteCapability(notes) {
          private int calls;

          @Override
          public String capability() {
            return "note-" + calls++;
          }
        };
      }
    },
    BLIND_FIXTURE("a_start_leaves_traces_when_there_is_a_clean_up") {
      @Override
      NoteCapability capability(Notes notes) {
        return new NoteCapability(notes) {
          @Override
          public void prepareHost(Vm vm, Operation operation) {}

          @Override
          public void started(Vm vm, boolean late, Operation operation) {}
        };
      }
    },
    CHECK_THAT_MAKES("checks_and_contributions_change_nothing") {
      @Override
      NoteCapability capability(Notes notes) {
        return new NoteCapability(notes) {
          @Override
          public void checkStart(Vm vm, Operation operation) {
            notes.add(vm, "checked");
          }
        };
      }
    },
    CONTRIBUTION_THAT_MAKES("checks_and_contributions_change_nothing") {
      @Override
      NoteCapability capability(Notes notes) {
        return new NoteCapability(notes) {
          @Override
          public void contribute(Vm vm, GuestConfig.Additions additions, Operation operation) {
            notes.add(vm, "contributed");
          }
        };
      }
    },
    CHECK_OF_A_CHANGE_THAT_MAKES("checks_and_contributions_change_nothing") {
      @Override
      NoteCapability capability(Notes notes) {
        return new NoteCapability(notes) {
          @Override
          public void checkChange(Vm before, Vm after, Operation operation) {
            notes.add(after, "asked");
          }
        };
      }
    },
    LATE_CALL_THAT_ADDS("a_late_call_leaves_what_is_there_as_it_is") {
      @Override
      NoteCapability capability(Notes notes) {
        return new NoteCapability(notes) {
          @Override
          public void started(Vm vm, boolean late, Operation operation) {
            notes.add(vm, "started");
          }
        };
      }
    },
    SECOND_LATE_CALL_THAT_ADDS("two_late_calls_alone_are_as_one") {
      @Override
      NoteCapability capability(Notes notes) {
        return LATE_CALL_THAT_ADDS.capability(notes);
      }
    },
    CHANGE_THAT_ADDS("a_change_of_something_else_leaves_what_is_there_as_it_is") {
      @Override
      NoteCapability capability(Notes notes) {
        return new NoteCapability(notes) {
          @Override
          public void changed(Vm before, Vm after, Operation operation) {
            notes.add(after, "changed");
          }
        };
      }
    },
    PREPARATION_OF_A_CHANGE_THAT_ADDS("a_change_of_something_else_leaves_what_is_there_as_it_is") {
      @Override
      NoteCapability capability(Notes notes) {
        return new NoteCapability(notes) {
          @Override
          public void prepareChange(Vm before, Vm after, Operation operation) {
            notes.add(after, "prepared");
          }
        };
      }
    },
    GUEST_THAT_IS_FORGOTTEN(
        "a_clean_up_takes_all_away_from_a_machine_that_runs_and_may_be_made_again") {
      @Override
      NoteCapability capability(Notes notes) {
        return new NoteCapability(notes) {
          @Override
          public void cleanUp(Vm vm, Operation operation) {
            notes.remove(vm);
          }
        };
      }
    },
    HOST_THAT_IS_FORGOTTEN(
        "a_clean_up_takes_all_away_after_the_end_of_a_run_and_may_be_made_again") {
      @Override
      NoteCapability capability(Notes notes) {
        return new NoteCapability(notes) {
          @Override
          public void cleanUp(Vm vm, Operation operation) {}
        };
      }
    },
    SECOND_CLEAN_UP_THAT_FAILS(
        "a_clean_up_takes_all_away_after_the_end_of_a_run_and_may_be_made_again") {
      @Override
      NoteCapability capability(Notes notes) {
        return new NoteCapability(notes) {
          @Override
          public void cleanUp(Vm vm, Operation operation) {
            if (notes.of(vm).isEmpty()) {
              throw new BangerException(ErrorCode.NOT_FOUND, "there is no note");
            }
            super.cleanUp(vm, operation);
          }
        };
      }
    },
    MEMORY_OF_ITS_OWN("a_clean_up_works_with_the_record_alone") {
      @Override
      NoteCapability capability(Notes notes) {
        return new NoteCapability(notes) {
          private final Set<String> known = new HashSet<>();

          @Override
          public void started(Vm vm, boolean late, Operation operation) {
            super.started(vm, late, operation);
            known.add(vm.id());
          }

          @Override
          public void cleanUp(Vm vm, Operation operation) {
            if (known.contains(vm.id())) {
              super.cleanUp(vm, operation);
            }
          }
        };
      }
    },
    CLEAN_UP_THAT_WANTS_SOMETHING("a_clean_up_finds_nothing_when_the_other_hooks_never_ran") {
      @Override
      NoteCapability capability(Notes notes) {
        return SECOND_CLEAN_UP_THAT_FAILS.capability(notes);
      }
    },
    REMAINDER_OF_A_PREPARATION("what_a_start_that_was_called_back_has_made_is_cleaned_up") {
      @Override
      NoteCapability capability(Notes notes) {
        return new NoteCapability(notes) {
          @Override
          public void started(Vm vm, boolean late, Operation operation) {
            notes.keep(vm, "begun");
            operation.check();
            notes.keep(vm, "finished");
          }

          @Override
          public void cleanUp(Vm vm, Operation operation) {
            if (notes.of(vm).contains("finished")) {
              super.cleanUp(vm, operation);
            }
          }
        };
      }
    },
    WAIT_THAT_CANNOT_BE_CANCELLED("each_hook_returns_soon_after_its_operation_was_cancelled") {
      @Override
      NoteCapability capability(Notes notes) {
        return new NoteCapability(notes) {
          @Override
          public void prepareHost(Vm vm, Operation operation) {
            waitFor(notes);
          }
        };
      }
    },
    CANCELLATION_THAT_IS_A_FAILURE("each_hook_returns_soon_after_its_operation_was_cancelled") {
      @Override
      NoteCapability capability(Notes notes) {
        return new NoteCapability(notes) {
          @Override
          public void prepareHost(Vm vm, Operation operation) {
            if (notes.hangs()) {
              throw new BangerException(ErrorCode.OPERATION_FAILED, "it failed somehow");
            }
          }
        };
      }
    },
    WAIT_WITHOUT_DEADLINE("each_hook_returns_soon_after_its_time_is_up") {
      @Override
      NoteCapability capability(Notes notes) {
        return new NoteCapability(notes) {
          @Override
          public void started(Vm vm, boolean late, Operation operation) {
            waitFor(notes);
          }
        };
      }
    },
    CLEAN_UP_OF_ALL("other_machines_are_left_alone") {
      @Override
      NoteCapability capability(Notes notes) {
        return new NoteCapability(notes) {
          @Override
          public void cleanUp(Vm vm, Operation operation) {
            notes.removeAll();
          }
        };
      }
    },
    CALL_TO_A_NEIGHBOUR("nothing_is_asked_of_other_machines") {
      @Override
      NoteCapability capability(Notes notes) {
        Vm neighbour = VmBuilder.vm("neighbour").running().build();
        notes.guests.boot(neighbour);
        return new NoteCapability(notes) {
          @Override
          public void started(Vm vm, boolean late, Operation operation) {
            super.started(vm, late, operation);
            notes.run(neighbour, operation, "true");
          }
        };
      }
    };

    final String test;

    Fault(String test) {
      this.test = test;
    }

    abstract NoteCapability capability(Notes notes);

    /** As one who does not know of operations waits. */
    private static void waitFor(Notes notes) {
      if (!notes.hangs()) {
        return;
      }
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_fault_is_found(Fault fault) {
    assertThat(catchThrowable(() -> run(fault.test, fault::capability)))
        .isInstanceOfAny(AssertionError.class, BangerException.class);
  }

  @ParameterizedTest
  @EnumSource
  void there_is_none_in_a_capability_that_keeps_its_promises(Fault fault) throws Throwable {
    run(fault.test, NoteCapability::new);
  }

  @Test
  void a_service_without_a_hook_is_found() {
    CapabilityFixture fixture =
        new Notes() {
          @Override
          public List<Capability> services() {
            return List.of(() -> "note");
          }
        };

    assertThat(catchThrowable(() -> run("each_service_has_a_hook", fixture)))
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void each_test_of_the_contract_has_its_fault() {
    Set<String> tests =
        Arrays.stream(CapabilityContract.class.getDeclaredMethods())
            .filter(method -> method.isAnnotationPresent(Test.class))
            .map(Method::getName)
            .collect(Collectors.toSet());
    Set<String> found =
        Arrays.stream(Fault.values()).map(fault -> fault.test).collect(Collectors.toSet());
    found.add("each_service_has_a_hook");
    assertThat(found).isEqualTo(tests);
  }

  private static void run(String test, Function<Notes, NoteCapability> maker) throws Throwable {
    run(
        test,
        () ->
            new Notes() {
              @Override
              public List<? extends Capability> services() {
                return List.of(maker.apply(this));
              }
            });
  }

  private static void run(String test, CapabilityFixture fixture) throws Throwable {
    run(test, () -> fixture);
  }

  private static void run(String test, Supplier<CapabilityFixture> maker) throws Throwable {
    CapabilityContract contract =
        new CapabilityContract() {
          @Override
          protected CapabilityFixture fixture() {
            return maker.get();
          }
        };
    try {
      Method method = CapabilityContract.class.getDeclaredMethod(test);
      method.invoke(contract);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
