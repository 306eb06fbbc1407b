/* leak_check.c -- looks for leaks where _exit ends a process (linked with --wrap=_exit by
 * slow_sanitize.sh)
 *
 * LeakSanitizer looks when exit is called. The workers of the product train, and end with _exit.
 * Unit tests go without: in a worker that Criterion's second thread has left behind, it would
 * complain of that thread.
 */
#include <sanitizer/lsan_interface.h>

_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

void __wrap__exit(int status) {
  __lsan_do_recoverable_leak_check();
  __real__exit(status);
}
