/* store_schema.c -- what a run store holds: tables, views for people, and whether it holds
 * them unharmed. */
#include <stdio.h>
#include <string.h>

#include "src/digest.h"
#include "src/store_internal.h"

/* The schema, version STORE_SCHEMA. `sqlite3 run.db .schema` shows these texts, so the notes for
 * users stand inside them.
 *
 * - fact: provenance, one text per key
 * - input: the files that the runs and their verdicts were made from
 * - run: one training run; parameter: its parameters, exact, beside the formulas they came from
 * - observable: what is measured, with its meaning; record: the values, by run and step
 * - weight: the weight matrices at named steps, one row per entry: so an entry is kept, checked and
 *   read like any other number, and SQL can sum a trace; a row per matrix row would save only the
 *   keys, and be one more format to read with suspicion
 * - spectrum: eigenvalues and singular values of weights
 * - truncation: the network with the top or the rest of U's spectrum; moment: what is measured at
 * named steps only
 * - cloud: some tokens of the data set, for a picture
 * - digits: decimal digits that two runs of the same data agree in
 * - verdict: what was claimed and how it was judged, in the order of judging
 * - lemma: the lemmas, judged without any run: one row for each, then one for each of its points
 * - cell: what a sweep varied: one row for each axis of each run
 * - what_if, what_if_verdict: changes of the instance, each with a run of its own, and the verdicts
 *   on them beside the base's
 * - rate, rate_point: verdicts on a sweep as a whole, and what each was made of; stage: when each
 *   of its runs learned what; band: losses over the seeds of a sweep
 * - state: what an unfinished run goes on from; empty in the store of a finished one
 * - seal: a digest of all the rest, to tell whether two stores hold the same
 *
 * A ball is text as arb_dump_str writes it, "mantissa exponent mantissa exponent" in hexadecimal:
 * midpoint, then radius. It is the number; the double beside it is the midpoint rounded, for SQL
 * (NULL: NaN or of infinite radius). No table has a further index, and those with a key of several
 * columns have no rowid: a record is stored once, in the order in which it is read, and there is no
 * second copy of anything that damage could make disagree.
 */
static const char *const schema[] = {
    "CREATE TABLE fact (\n"
    "  key TEXT PRIMARY KEY,\n"
    "  value TEXT NOT NULL\n"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE input (\n"
    "  kind TEXT NOT NULL, -- the option that names it\n"
    "  name TEXT NOT NULL, -- of the file, without its folder\n"
    "  built_in INTEGER NOT NULL CHECK (built_in IN (0, 1)),\n"
    "  text TEXT NOT NULL,\n"
    "  PRIMARY KEY (kind, name)\n"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE run (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  engine TEXT NOT NULL, -- double, mpfr or ball\n"
    "  precision INTEGER NOT NULL CHECK (precision > 0), -- bits\n"
    "  instance TEXT NOT NULL,\n"
    "  family TEXT NOT NULL, -- of instances; empty if none\n"
    "  reading TEXT NOT NULL, -- of the paper: GATE/LOSS\n"
    "  plan TEXT, -- how the precision was chosen and what came of it; NULL: it was given\n"
    "  ended TEXT, -- why the run ended before its last step; NULL: it did not\n"
    "  gates INTEGER, -- certified to be the exact trajectory's; NULL: no certificate\n"
    "  bound_W REAL, -- on norm(W - W*) at the end\n"
    "  bound_V REAL, -- on norm(V - V*) at the end\n"
    "  what_if TEXT -- the name of the what-if it was made for; NULL: none\n"
    ") STRICT",

    "CREATE TABLE parameter (\n"
    "  run INTEGER NOT NULL REFERENCES run,\n"
    "  key TEXT NOT NULL,\n"
    "  text TEXT NOT NULL, -- the value for people\n"
    "  ball TEXT, -- the value exactly; NULL for a choice\n"
    "  value REAL,\n"
    "  formula TEXT, -- as the user wrote it,\n"
    "  file TEXT, -- here,\n"
    "  line INTEGER, -- in this line\n"
    "  PRIMARY KEY (run, key)\n"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE observable (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  name TEXT NOT NULL,\n"
    "  doc TEXT NOT NULL\n"
    ") STRICT",

    "CREATE TABLE record (\n"
    "  run INTEGER NOT NULL REFERENCES run,\n"
    "  step INTEGER NOT NULL CHECK (step >= 0),\n"
    "  observable INTEGER NOT NULL REFERENCES observable,\n"
    "  ball TEXT NOT NULL,\n"
    "  value REAL,\n"
    "  PRIMARY KEY (run, step, observable)\n"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE weight (\n"
    "  run INTEGER NOT NULL REFERENCES run,\n"
    "  step INTEGER NOT NULL CHECK (step >= 0),\n"
    "  name TEXT NOT NULL CHECK (name IN ('W', 'V', 'Wbar', 'Vbar', 'Wtilde', 'Vtilde')),\n"
    "  i INTEGER NOT NULL CHECK (i >= 0), -- row\n"
    "  j INTEGER NOT NULL CHECK (j >= 0), -- column\n"
    "  ball TEXT NOT NULL,\n"
    "  value REAL,\n"
    "  PRIMARY KEY (run, step, name, i, j)\n"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE spectrum (\n"
    "  run INTEGER NOT NULL REFERENCES run,\n"
    "  step INTEGER NOT NULL CHECK (step >= 0),\n"
    "  name TEXT NOT NULL, -- of the weight\n"
    "  kind TEXT NOT NULL CHECK (kind IN ('eigenvalue', 'singular')),\n"
    "  k INTEGER NOT NULL CHECK (k >= 0),\n"
    "  re REAL NOT NULL,\n"
    "  im REAL, -- NULL for singular values\n"
    "  re_ball TEXT, im_ball TEXT, -- enclosures; NULL where there are only doubles\n"
    "  PRIMARY KEY (run, step, name, kind, k),\n"
    "  CHECK ((kind = 'eigenvalue') = (im IS NOT NULL)),\n"
    "  CHECK ((re_ball IS NULL) = (im_ball IS NULL))\n"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE truncation ( -- the network with part of U's spectrum, gates as they were\n"
    "  run INTEGER NOT NULL REFERENCES run,\n"
    "  step INTEGER NOT NULL CHECK (step >= 0),\n"
    "  rank INTEGER NOT NULL CHECK (rank >= 0), -- how many of the largest singular values\n"
    "  part TEXT NOT NULL CHECK (part IN ('top', 'rest')), -- kept, or dropped\n"
    "  K1 REAL NOT NULL, K2 REAL NOT NULL, -- losses\n"
    "  acc_P REAL NOT NULL, acc_Q REAL NOT NULL, -- shares of prompts\n"
    "  PRIMARY KEY (run, step, rank, part)\n"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE moment ( -- what is measured at named steps only\n"
    "  run INTEGER NOT NULL REFERENCES run,\n"
    "  step INTEGER NOT NULL CHECK (step >= 0),\n"
    "  name TEXT NOT NULL,\n"
    "  ball TEXT NOT NULL,\n"
    "  value REAL,\n"
    "  PRIMARY KEY (run, step, name)\n"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE cloud ( -- the first tokens, in the planes of their features\n"
    "  run INTEGER NOT NULL REFERENCES run,\n"
    "  k INTEGER NOT NULL CHECK (k >= 0), -- counted through the prompts\n"
    "  label INTEGER NOT NULL CHECK (label IN (1, -1)),\n"
    "  P_feature REAL NOT NULL, P_across REAL NOT NULL, -- along w*, and orthogonal to it\n"
    "  Q_z REAL NOT NULL, Q_zeta REAL NOT NULL, -- along z, zeta\n"
    "  PRIMARY KEY (run, k)\n"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE digits (\n"
    "  run_a INTEGER NOT NULL REFERENCES run,\n"
    "  run_b INTEGER NOT NULL REFERENCES run,\n"
    "  step INTEGER NOT NULL CHECK (step >= 0),\n"
    "  observable INTEGER NOT NULL REFERENCES observable,\n"
    "  digits REAL, -- decimal digits that the runs agree in; NULL: not a number\n"
    "  PRIMARY KEY (run_a, run_b, step, observable)\n"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE verdict (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  run INTEGER NOT NULL REFERENCES run, -- judged on\n"
    "  companion INTEGER REFERENCES run, -- the other engine's run\n"
    "  certified INTEGER NOT NULL CHECK (certified IN (0, 1)),\n"
    "  claim TEXT, title TEXT, statement TEXT, trust TEXT, source TEXT,\n"
    "  formula TEXT, -- observable relation bound\n"
    "  hypotheses TEXT, -- each in words and as a condition\n"
    "  reading TEXT,\n"
    "  verdict TEXT,\n"
    "  expected TEXT, -- the recorded verdict\n"
    "  expected_reason TEXT,\n"
    "  reason TEXT, -- why this verdict\n"
    "  blind TEXT, -- changes of the claim that this verdict cannot tell from it\n"
    "  value TEXT, -- ball\n"
    "  bound TEXT, -- ball\n"
    "  value_double REAL, bound_double REAL, ratio REAL, slack REAL\n"
    ") STRICT",

    "CREATE TABLE lemma (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  claim TEXT NOT NULL,\n"
    "  point INTEGER NOT NULL CHECK (point >= 0), -- 0: the lemma as a whole\n"
    "  certified INTEGER NOT NULL CHECK (certified IN (0, 1)), -- else Monte Carlo\n"
    "  tries INTEGER NOT NULL, -- samples, or pieces of the interval\n"
    "  hits INTEGER NOT NULL, -- of these\n"
    "  title TEXT NOT NULL, statement TEXT NOT NULL, trust TEXT NOT NULL, source TEXT NOT NULL,\n"
    "  formula TEXT NOT NULL, -- probability <= bound\n"
    "  parameters TEXT NOT NULL, -- of the point\n"
    "  verdict TEXT NOT NULL,\n"
    "  reason TEXT NOT NULL, -- why this verdict\n"
    "  estimate REAL, lower REAL, upper REAL, -- of the probability\n"
    "  bound REAL, ratio REAL\n"
    ") STRICT",

    "CREATE TABLE cell (\n"
    "  run INTEGER NOT NULL REFERENCES run,\n"
    "  axis INTEGER NOT NULL CHECK (axis >= 0),\n"
    "  key TEXT NOT NULL, -- of the parameter\n"
    "  text TEXT NOT NULL, -- its value as the user wrote it\n"
    "  value REAL, -- NULL: not a number (gate, loss)\n"
    "  PRIMARY KEY (run, axis)\n"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE what_if (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  name TEXT NOT NULL, -- base: the run that the others are held against\n"
    "  words TEXT NOT NULL, -- what is asked and changed\n"
    "  settings TEXT NOT NULL, -- the changed parameters\n"
    "  run INTEGER NOT NULL REFERENCES run,\n"
    "  base INTEGER NOT NULL REFERENCES run,\n"
    "  kept INTEGER NOT NULL, -- claims whose verdict is the base's,\n"
    "  judged INTEGER NOT NULL, -- of so many\n"
    "  learned_t1 TEXT NOT NULL, learned_end TEXT NOT NULL,\n"
    "  K1_t1 REAL, K2_t1 REAL, K1_end REAL, K2_end REAL\n"
    ") STRICT",

    "CREATE TABLE what_if_verdict (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  what_if TEXT NOT NULL, -- its name\n"
    "  claim TEXT NOT NULL,\n"
    "  verdict TEXT NOT NULL,\n"
    "  base TEXT NOT NULL, -- the verdict without the what-if\n"
    "  reason TEXT NOT NULL -- why this verdict\n"
    ") STRICT",

    "CREATE TABLE rate (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  claim TEXT NOT NULL,\n"
    "  kind TEXT NOT NULL CHECK (kind IN ('rate', 'probability')),\n"
    "  title TEXT NOT NULL, statement TEXT NOT NULL, trust TEXT NOT NULL, source TEXT NOT NULL,\n"
    "  formula TEXT NOT NULL, -- observable = Theta(rate), or O(rate)\n"
    "  along TEXT NOT NULL, -- which parameter\n"
    "  place TEXT NOT NULL, -- what else the sweep varied\n"
    "  reading TEXT NOT NULL,\n"
    "  verdict TEXT NOT NULL,\n"
    "  reason TEXT NOT NULL, -- why this verdict\n"
    "  expected TEXT, -- the recorded verdict\n"
    "  expected_reason TEXT,\n"
    "  points INTEGER NOT NULL CHECK (points >= 0),\n"
    "  seeds INTEGER NOT NULL CHECK (seeds >= 0),\n"
    "  \"from\" REAL, \"to\" REAL, -- of the parameter\n"
    "  margin REAL, -- of the slope; or the least probability\n"
    "  ratio_low REAL, ratio_high REAL, -- of observable/rate; or limits of the probability\n"
    "  slope REAL, slope_low REAL, slope_high REAL, -- log-log, of the ratio\n"
    "  end_slope REAL, end_low REAL, end_high REAL, -- of a parabola, at the end of the range\n"
    "  lack_of_fit REAL, -- p-value of a straight line\n"
    "  robust REAL, robust_error REAL, -- the slope by robust regression\n"
    "  p_holds REAL, p_fails REAL, -- p-values of not so, and of so\n"
    "  adjusted_holds REAL, adjusted_fails REAL -- the same for all rates together\n"
    ") STRICT",

    "CREATE TABLE rate_point ( -- what a verdict on a rate was made of; columns differ by kind\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  rate INTEGER NOT NULL REFERENCES rate,\n"
    "  kind TEXT NOT NULL\n"
    "    CHECK (kind IN ('run', 'mean', 'band', 'alternative', 'against', 'cell')),\n"
    "  name TEXT NOT NULL, -- of the alternative or cell\n"
    "  x REAL, -- the parameter; cell: hits\n"
    "  seed INTEGER NOT NULL, -- cell: tries; against: 1 when told apart\n"
    "  value REAL, -- ratio; against: slope; cell: estimate\n"
    "  lower REAL, upper REAL -- limits; against: lower is a p-value\n"
    ") STRICT",

    "CREATE TABLE stage ( -- when runs of a sweep learned what, in steps; infinite: never\n"
    "  run INTEGER PRIMARY KEY REFERENCES run,\n"
    "  scale REAL, -- 1/(4 eta1 lambda)\n"
    "  t_P REAL, t_Q REAL, -- K1, K2 has fallen half-way\n"
    "  t_X REAL -- from here on K2 falls faster than K1\n"
    ") STRICT",

    "CREATE TABLE state ( -- of an unfinished run\n"
    "  key TEXT NOT NULL,\n"
    "  part INTEGER NOT NULL CHECK (part >= 0),\n"
    "  text TEXT NOT NULL,\n"
    "  PRIMARY KEY (key, part)\n"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE band ( -- an observable over runs that differ in their seed alone\n"
    "  run INTEGER NOT NULL REFERENCES run, -- the first of them\n"
    "  step INTEGER NOT NULL,\n"
    "  observable TEXT NOT NULL, -- its name\n"
    "  seeds INTEGER NOT NULL, -- how many runs\n"
    "  rank INTEGER NOT NULL, -- lower is the rank-th smallest, upper the rank-th largest\n"
    "  coverage REAL, -- chance that they enclose the median over seeds, at this step\n"
    "  lower REAL, median REAL, upper REAL,\n"
    "  PRIMARY KEY (run, step, observable)\n"
    ") STRICT, WITHOUT ROWID",

    "CREATE TABLE seal (\n"
    "  id INTEGER PRIMARY KEY CHECK (id = 1),\n"
    "  digest TEXT NOT NULL -- SHA-256 of the content of all other tables\n"
    ") STRICT",

    "CREATE VIEW trajectory AS -- every recorded value by name\n"
    "  SELECT r.run, run.engine, run.reading, r.step, o.name, r.value\n"
    "  FROM record r JOIN run ON run.id = r.run JOIN observable o ON o.id = r.observable",

    "CREATE VIEW verdicts AS -- how the claims came out\n"
    "  SELECT v.claim, v.reading, run.engine, v.verdict,\n"
    "    iif(v.certified, 'certified', 'computed') AS rigor,\n"
    "    v.value_double AS value, v.bound_double AS bound, v.ratio, v.expected, v.reason\n"
    "  FROM verdict v JOIN run ON run.id = v.run ORDER BY v.id",

    "CREATE VIEW agreement AS -- decimal digits two runs agree in\n"
    "  SELECT a.engine AS engine_a, b.engine AS engine_b, a.reading, g.step, o.name, g.digits\n"
    "  FROM digits g JOIN run a ON a.id = g.run_a JOIN run b ON b.id = g.run_b\n"
    "    JOIN observable o ON o.id = g.observable",
};
#define SCHEMA_COUNT (sizeof schema / sizeof schema[0])

StatusCode schema_create(Store *store, Error *err) {
  for (size_t k = 0; k < SCHEMA_COUNT; k++)
    TRY(store_execute(store, schema[k], err));
  sqlite3_stmt *insert;
  TRY(store_prepare(&insert, store, "INSERT INTO observable VALUES (?1, ?2, ?3)", err));
  StatusCode code = STATUS_OK;
  for (int k = 0; k < OBSERVABLE_COUNT && code == STATUS_OK; k++) {
    int bound = sqlite3_bind_int(insert, 1, k) | store_bind_text(insert, 2, observable_name[k]) |
                store_bind_text(insert, 3, observable_doc[k]);
    code = store_insert_row(store, insert, bound, "list the observables", err);
  }
  sqlite3_finalize(insert);
  return code;
}

/* ---- the seal ---- */

/* The digest of all rows of all tables in a fixed order: it is the same for the same content,
   however the file is laid out. Whether the file is unharmed, its own digest says (store_file.c).
 */
static void digest_column(Digest *digest, sqlite3_stmt *statement, int column) {
  int type = sqlite3_column_type(statement, column);
  digest_word(digest, (uint64_t)type);
  if (type == SQLITE_INTEGER) {
    digest_word(digest, (uint64_t)sqlite3_column_int64(statement, column));
  } else if (type == SQLITE_FLOAT) {
    double real = sqlite3_column_double(statement, column);
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    digest_word(digest, bits);
  } else if (type != SQLITE_NULL) {
    const void *bytes = sqlite3_column_blob(statement, column);
    digest_text(digest, bytes, (size_t)sqlite3_column_bytes(statement, column));
  }
}

static StatusCode digest_rows(Digest *digest, Store *store, const char *query, Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store, query, err));
  bool row;
  StatusCode code;
  while ((code = store_step(&row, store, statement, err)) == STATUS_OK && row) {
    int columns = sqlite3_column_count(statement);
    digest_word(digest, (uint64_t)columns);
    for (int k = 0; k < columns; k++)
      digest_column(digest, statement, k);
  }
  sqlite3_finalize(statement);
  return code;
}

static StatusCode seal_compute(char out[DIGEST_SIZE], Store *store, Error *err) {
  static const char *const queries[] = {
      "SELECT * FROM fact ORDER BY key",
      "SELECT * FROM input ORDER BY kind, name",
      "SELECT * FROM run ORDER BY id",
      "SELECT * FROM parameter ORDER BY run, key",
      "SELECT * FROM observable ORDER BY id",
      "SELECT * FROM record ORDER BY run, step, observable",
      "SELECT * FROM weight ORDER BY run, step, name, i, j",
      "SELECT * FROM spectrum ORDER BY run, step, name, kind, k",
      "SELECT * FROM truncation ORDER BY run, step, rank, part",
      "SELECT * FROM moment ORDER BY run, step, name",
      "SELECT * FROM cloud ORDER BY run, k",
      "SELECT * FROM digits ORDER BY run_a, run_b, step, observable",
      "SELECT * FROM verdict ORDER BY id",
      "SELECT * FROM lemma ORDER BY id",
      "SELECT * FROM what_if ORDER BY id",
      "SELECT * FROM what_if_verdict ORDER BY id",
      "SELECT * FROM rate ORDER BY id",
      "SELECT * FROM rate_point ORDER BY id",
      "SELECT * FROM stage ORDER BY run",
      "SELECT * FROM band ORDER BY run, step, observable",
      "SELECT * FROM cell ORDER BY run, axis",
      "SELECT * FROM state ORDER BY key, part",
  };
  Digest digest;
  TRY(digest_open(&digest, err));
  StatusCode code = STATUS_OK;
  for (size_t k = 0; k < sizeof queries / sizeof queries[0] && code == STATUS_OK; k++) {
    digest_word(&digest, k);
    code = digest_rows(&digest, store, queries[k], err);
  }
  digest_close_text(out, &digest);
  return code;
}

StatusCode schema_seal(Store *store, Error *err) {
  char seal[DIGEST_SIZE];
  TRY(seal_compute(seal, store, err));
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store, "INSERT OR REPLACE INTO seal VALUES (1, ?1)", err));
  StatusCode code =
      store_insert_row(store, statement, store_bind_text(statement, 1, seal), "seal it", err);
  sqlite3_finalize(statement);
  return code;
}

/* ---- checks of a file from elsewhere, cheapest and most telling first ---- */

/* *out := the only value of a query, as text ("" when there is none or it is longer than size - 1).
 */
static StatusCode query_text(char *out, size_t size, Store *store, const char *sql, Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store, sql, err));
  bool row;
  StatusCode code = store_step(&row, store, statement, err);
  out[0] = '\0';
  if (code == STATUS_OK && row) {
    const char *text = (const char *)sqlite3_column_text(statement, 0);
    if (text == NULL && sqlite3_errcode(sqlite3_db_handle(statement)) == SQLITE_NOMEM)
      code = error_memory(err, "a run store");
    if (text != NULL && strlen(text) < size) strcpy(out, text);
  }
  sqlite3_finalize(statement);
  return code;
}

static StatusCode check_version(Store *store, Error *err) {
  char text[64], expected[64];
  TRY(query_text(text, sizeof text, store, "PRAGMA application_id", err));
  snprintf(expected, sizeof expected, "%d", STORE_APPLICATION_ID);
  if (strcmp(text, expected) != 0)
    return error_set(err, STATUS_DATA, "%s: an SQLite file, but not a run store",
                     store_path(store));
  TRY(query_text(text, sizeof text, store, "PRAGMA user_version", err));
  snprintf(expected, sizeof expected, "%d", STORE_SCHEMA);
  if (strcmp(text, expected) != 0)
    return error_set(err, STATUS_DATA, "%s: a run store of schema %s; this program reads schema %s",
                     store_path(store), text, expected);
  return STATUS_OK;
}

/* Every object is one of ours, in our words, and none is missing. So no view, trigger or default of
 * a stranger ever runs. */
static StatusCode check_objects(Store *store, Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store, "SELECT name, sql FROM sqlite_schema ORDER BY rowid", err));
  size_t count = 0;
  bool row, same = true;
  StatusCode code;
  while ((code = store_step(&row, store, statement, err)) == STATUS_OK && row && same) {
    const char *sql = (const char *)sqlite3_column_text(statement, 1);
    same = count < SCHEMA_COUNT && sql != NULL && strcmp(sql, schema[count]) == 0;
    if (same) count++;
  }
  if (code == STATUS_OK && (!same || count < SCHEMA_COUNT))
    code =
        store_damaged(store, err, "its tables and views are not those of schema %d", STORE_SCHEMA);
  sqlite3_finalize(statement);
  return code;
}

/* Pages, trees, types and NOT NULL. Not the CHECKs of the tables, which SQLite leaves aside in a
   file opened for reading only: so what reads a value checks its range. */
static StatusCode check_structure(Store *store, Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store, "PRAGMA integrity_check(1)", err));
  bool row;
  StatusCode code = store_step(&row, store, statement, err);
  if (code == STATUS_OK) {
    const char *found = row ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (found == NULL) found = "no answer";
    if (strcmp(found, "ok") != 0) code = store_damaged(store, err, "%s", found);
  }
  sqlite3_finalize(statement);
  return code;
}

static StatusCode check_observables(Store *store, Error *err) {
  sqlite3_stmt *statement;
  TRY(store_prepare(&statement, store, "SELECT id, name FROM observable ORDER BY id", err));
  int count = 0;
  bool row;
  StatusCode code;
  while ((code = store_step(&row, store, statement, err)) == STATUS_OK && row) {
    const char *name;
    code = store_column_text(&name, store, statement, 1, false, err);
    if (code != STATUS_OK) break;
    if (count >= OBSERVABLE_COUNT || sqlite3_column_int64(statement, 0) != count ||
        strcmp(name, observable_name[count]) != 0) {
      code = error_set(err, STATUS_DATA,
                       "%s: observable %d is '%.64s', expected '%s': stored by another version",
                       store_path(store), count, name,
                       count < OBSERVABLE_COUNT ? observable_name[count] : "no more");
      break;
    }
    count++;
  }
  sqlite3_finalize(statement);
  if (code == STATUS_OK && count < OBSERVABLE_COUNT)
    code = error_set(err, STATUS_DATA, "%s: has no observable '%s': stored by another version",
                     store_path(store), observable_name[count]);
  return code;
}

StatusCode schema_check(Store *store, Error *err) {
  TRY(check_version(store, err));
  TRY(check_objects(store, err));
  TRY(check_structure(store, err));
  TRY(check_observables(store, err));
  return file_check(store, err);
}
