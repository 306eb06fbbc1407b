/* kernel.h -- compiler annotations of hot loops. */
#ifndef SRC_KERNEL_H
#define SRC_KERNEL_H

/* Compiles a function for several vector widths and picks one when the program starts. Contraction
   is off and every loop that is annotated so fixes the order of its operations, so the results are
   the same bits whichever is picked. Not with clang, whose picker has another name than the
   function, so that a call from another file does not link (clang 14). */
#if defined(__x86_64__) && defined(__has_attribute) && !defined(__clang__) &&                      \
    !defined(__SANITIZE_ADDRESS__) && !defined(TWOSTAGE_NO_CLONES)
#if __has_attribute(target_clones)
#define KERNEL_CLONES __attribute__((target_clones("default", "avx2", "avx512f")))
#endif
#endif
#ifndef KERNEL_CLONES
#define KERNEL_CLONES
#endif

/* Whether functions may be compiled for a named processor, by __attribute__((target)), and picked
 * by
 * __builtin_cpu_supports when the program runs. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(TWOSTAGE_NO_CLONES)
#define KERNEL_TARGETS 1
#else
#define KERNEL_TARGETS 0
#endif

/* Asks for the loop below to be unrolled completely; for inner loops whose count is known after
 * inlining. With the checks of sanitizers in each turn, clang would take minutes for that. */
#if !defined(__clang__)
#define KERNEL_UNROLL _Pragma("GCC unroll 16")
#elif __has_feature(address_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#define KERNEL_UNROLL
#else
#define KERNEL_UNROLL _Pragma("clang loop unroll(full)")
#endif

#define KERNEL_INLINE static inline __attribute__((always_inline))

#endif
