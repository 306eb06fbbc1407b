/* processor.c -- takes the place of what the compiler's library finds out about the processor, so
 * that a program picks the code that it has for a lesser one (test_bits.sh).
 *
 * Functions compiled for several processors (src/kernel.h) are picked by __cpu_model, which
 * __cpu_indicator_init fills in when the program starts. Both are in libgcc.a, from where a program
 * that has its own does not take them. FEATURES: what the processor has beyond SSE2; the numbers of
 * the bits are the order of GCC's enum processor_features, which may not change.
 */
enum { SSE2 = 0x1F, AVX = 1 << 9, AVX2 = 1 << 10, AVX512F = 1 << 15 };

struct {
  unsigned vendor, type, subtype, features[1];
} __cpu_model = {.features = {SSE2 | (FEATURES)}};
unsigned __cpu_features2[4];

int __cpu_indicator_init(void);
int __cpu_indicator_init(void) {
  return 0;
}
