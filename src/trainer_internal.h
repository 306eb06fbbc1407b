/* trainer_internal.h -- the trainer's state, shared by stepping (trainer.c) and measuring
 * (measure.c). */
#ifndef SRC_TRAINER_INTERNAL_H
#define SRC_TRAINER_INTERNAL_H

#include "src/certificate.h"
#include "src/softmax.h"
#include "src/trainer.h"

typedef struct {
  Array weight[WEIGHT_KINDS]; /* (d, d) each */
  Array at_t1;                /* (d, d) the signal weight at t1 */
  Array gradient;             /* (d, d) */
  Array mean, square, power;  /* of Adam: (d, d), (d, d), (2); not opened under sgd */
  Array output;               /* (N) h or g with the full weight */
  double *shadow;             /* (d, d) nearest doubles of the full weight */
  arb_t largest_gradient;     /* over the steps so far */
  arb_t largest_contraction;  /* B, likewise */
} BlockState;

struct Trainer {
  Params params;
  const Dataset *data;
  Engine engine;
  Gate *gate;               /* all shut under softmax attention */
  Softmax *softmax;         /* NULL under relu attention */
  Certificate *certificate; /* NULL: not asked for */
  BlockState block[BLOCK_COUNT];
  Array joint;            /* (N) h + g */
  Array residual;         /* (N) */
  Array signal_output;    /* (N) hbar or gbar, scratch of measuring */
  double *query_label;    /* (N) */
  double *noise;          /* (d, d) scratch: xi_t of one block */
  double eta_lambda_time; /* sum of eta lambda */
  arb_t min_margin;
  int64_t t;
};

/* The query tokens of block b: rows of d doubles, *stride apart. */
const double *trainer_queries(const Trainer *trainer, Block b, int64_t *stride);
/* out_n := output of block b with a weight: its bilinear form with the gated sums and queries;
   under softmax attention, of the full weight the output itself, of another that of the block
   alone. */
void trainer_output(Array *out, const Trainer *trainer, Block b, WeightKind kind);

/* Gated sums of block b, (N, d); weighted sums under softmax attention. */
const double *trainer_sums(const Trainer *trainer, Block b);

/* A share of prompts, counted in balls that may contain 0. */
typedef struct {
  int64_t right, open; /* certainly positive; not to be told */
} MeasuredShare;
void measure_share_add(MeasuredShare *share, const arb_t x);
/* out := log(1 + exp(-ys)); out may be ys. */
void measure_loss(arb_t out, const arb_t ys, slong prec);
void measure_share(arb_t out, const MeasuredShare *share, int64_t N, slong prec);

/* Two observables that are followed at every step and one that never changes (observe.h): in
   doubles to a relative 1e-12, or enclosed when the engine is ball. */
void measure_gradient(arb_t out, Trainer *trainer, Block b); /* norm(grad), of block->gradient */
void measure_contraction(arb_t out, const Trainer *trainer, Block b); /* B */
void measure_margin(arb_t out, const Trainer *trainer);               /* min_margin */
/* GateCertain with the trainer as context. */
bool trainer_gate_is_certain(int64_t n, int64_t l, unsigned mask, double distance, void *context);

#endif
