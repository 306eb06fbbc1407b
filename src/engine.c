/* engine.c -- opening engines by kind and name. */
#include "src/engine.h"

#include <string.h>

static const EngineOps *const engine_ops[ENGINE_KIND_COUNT] = {
    [ENGINE_DOUBLE] = &engine_double_ops,
    [ENGINE_MPFR] = &engine_mpfr_ops,
    [ENGINE_BALL] = &engine_ball_ops,
};

const char *engine_name(EngineKind kind) {
  return engine_ops[kind]->name;
}

bool engine_parse(EngineKind *out, const char *name) {
  for (int kind = 0; kind < ENGINE_KIND_COUNT; kind++)
    if (strcmp(name, engine_ops[kind]->name) == 0) {
      *out = (EngineKind)kind;
      return true;
    }
  return false;
}

bool engine_has_adam(EngineKind kind) {
  return engine_ops[kind]->adam != NULL;
}

StatusCode engine_open(Engine *out, EngineKind kind, int64_t precision, int64_t d, int64_t N,
                       int64_t L, PlainSet plain, Error *err) {
  *out = (Engine){.ops = engine_ops[kind],
                  .kind = kind,
                  .precision = precision,
                  .d = d,
                  .N = N,
                  .L = L,
                  .plain = plain};
  if (precision < PRECISION_MIN || precision > PRECISION_MAX)
    return error_set(err, STATUS_USAGE, "--precision: expected %d to %d bits, found %lld",
                     PRECISION_MIN, PRECISION_MAX, (long long)precision);
  if (d < 1 || d > ENGINE_D_MAX || N < 1 || N > ENGINE_N_MAX)
    return error_set(err, STATUS_INTERNAL,
                     "%s engine: expected d from 1 to %d and N from 1 to %lld, found %lld and %lld",
                     out->ops->name, ENGINE_D_MAX, (long long)ENGINE_N_MAX, (long long)d,
                     (long long)N);
  return out->ops->open(out, err);
}

void engine_close(Engine *e) {
  if (e->ops != NULL && e->work != NULL) e->ops->close(e);
  e->work = NULL;
}
