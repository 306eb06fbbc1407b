/* coverage.c -- only in a build with --enable-coverage: workers end by _exit and stopped commands
 * by raise, which would lose what they counted. The linker redirects both here (--wrap), so the
 * product's sources know nothing of it.
 */
#include <signal.h>
#include <unistd.h>

void __gcov_dump(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
int __real_raise(int number);
int __wrap_raise(int number);

_Noreturn void __wrap__exit(int status) {
  __gcov_dump();
  __real__exit(status);
}

int __wrap_raise(int number) {
  __gcov_dump();
  return __real_raise(number);
}
