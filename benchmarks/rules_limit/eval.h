/* The limit: the core rules by hand in C, over bundles and requests that are packed beforehand.
   Bit sets as in the kernel; no JSON, no trace, no bounds to watch, no allocation. */
#include <stdint.h>
#include <string.h>

enum { MAX_LINES = 256, MAX_RULES = 1024 };

typedef struct {
  int64_t ts, points_used;
  uint64_t tags;
  uint32_t first_line, n;
  int16_t bday;
  uint8_t tier, pay, first, member;
  uint16_t store;
  uint32_t pad[2];
} Request;

typedef struct {
  int64_t fen;
  uint32_t unit, sku;
  uint16_t cat, brand, qty;
  uint8_t flags, pad; /* 1: no discount, 2: no points */
} Line;

typedef struct {
  int64_t min_fen, min_qty, min_total, max_total, number, off, times, half, divisor, cap, min_unit;
  int64_t operation, group, place;
} Rule;

typedef struct { int64_t best; uint64_t silencers; } Group;

typedef struct {
  int64_t n, width, n_edges, n_minutes, values[7];
  const Rule *rules;
  const uint64_t *any_line, *has_unit, *tier, *store, *pay, *tag, *first, *birthday, *weekday, *monthday;
  const uint64_t *minute, *window, *cat, *brand, *sku;
  const int64_t *edges;
  const uint8_t *segments;
} Phase;

typedef struct {
  int64_t n_groups, fen_per_point, fen_per_redeemed_point, receipt_cap, tz_offset_s, n_rules;
  const Group *groups;
  Phase phases[2];
} Bundle;

typedef struct {
  int64_t gross, payable, points;
  int32_t n_fired, n, rules[MAX_RULES];
  int64_t values[MAX_RULES], net[MAX_LINES], line_points[MAX_LINES];
} Result;

typedef struct { int weekday, monthday, minute, birthday; } Occasion;
typedef struct { int64_t fen, qty; uint64_t members[MAX_LINES / 64]; } Sum;

typedef struct { /* one phase of one receipt */
  const Bundle *bundle;
  const Phase *phase;
  const Line *lines;
  const int64_t *amounts;
  Sum eligible, *sums;
  Result *result;
  int discount, words;
  uint64_t fired_groups;
  int64_t points;
} Run;

#define EACH_BIT(bits, base, i, body)                                   \
  for (uint64_t bits_ = (bits); bits_; bits_ &= bits_ - 1) {            \
    int i = (base) * 64 + __builtin_ctzll(bits_);                       \
    body                                                                \
  }

static const uint8_t *load_phase(Phase *p, const uint8_t *s) {
  memcpy(p, s, 88);
  p->rules = (const Rule *)(s + 88);
  const uint64_t *word = (const uint64_t *)(p->rules + p->n);
  const uint64_t **tables[] = {&p->any_line, &p->has_unit, &p->tier, &p->store, &p->pay, &p->tag, &p->first,
                               &p->birthday, &p->weekday, &p->monthday, &p->minute, &p->window, &p->cat,
                               &p->brand, &p->sku};
  const int64_t rows[] = {1, 1, p->values[0] + 1, p->values[1] + 1, p->values[2] + 1, p->values[3] + 1, 2, 4, 7, 32,
                          p->n_minutes, p->n_edges + 1, p->values[4] + 1, p->values[5] + 1, p->values[6] + 1};
  for (int i = 0; i < 15; i++) {
    *tables[i] = word;
    word += rows[i] * p->width;
  }
  p->edges = (const int64_t *)word;
  p->segments = (const uint8_t *)(p->edges + p->n_edges);
  return p->segments + 1440;
}

static void load_bundle(Bundle *b, const uint8_t *s) {
  memcpy(b, s, 48);
  b->groups = (const Group *)(s + 48);
  s = load_phase(&b->phases[0], (const uint8_t *)(b->groups + b->n_groups));
  load_phase(&b->phases[1], s);
}

static inline Occasion occasion_of(const Request *q, int64_t tz_offset_s) {
  uint64_t local = (uint64_t)(q->ts + tz_offset_s);
  uint32_t days = local / 86400, second = local % 86400, z = days + 719468, era = z / 146097, doe = z - era * 146097;
  uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), march = (5 * doy + 2) / 153;
  int monthday = doy - (153 * march + 2) / 5 + 1, month = march < 10 ? march + 3 : march - 9;
  int birthday = (q->bday / 100 == month) | ((q->bday == month * 100 + monthday) << 1);
  return (Occasion){(days + 3) % 7, monthday, second / 60, birthday};
}

/* One reciprocal instead of n divisions; exact after mending, because value * total < 2^62. */
static inline int64_t ratio(int64_t numerator, int64_t divisor, double inverse) {
  int64_t q = (int64_t)((double)numerator * inverse), rest = numerator - q * divisor;
  return rest < 0 ? q - 1 : rest >= divisor ? q + 1 : q;
}

static void spread(int64_t value, const int64_t *weights, int n, int64_t total, int64_t *shares) {
  int64_t reached = 0, given = 0;
  double inverse = 1.0 / (double)total;
  for (int i = 0; i < n; i++) {
    reached += weights[i];
    int64_t upto = ratio(value * reached, total, inverse);
    shares[i] = upto - given;
    given = upto;
  }
}

static inline const Sum *chosen_by(const Run *r, int j) {
  return r->phase->any_line[j >> 6] >> (j & 63) & 1 ? &r->eligible : &r->sums[j];
}

static void apply(Run *r, int j, int64_t value) {
  if (r->discount) {
    const Sum *chosen = chosen_by(r, j);
    int64_t left = 0, reached = 0, given = 0, *net = r->result->net;
    for (int w = 0; w < r->words; w++) EACH_BIT(chosen->members[w], w, i, left += net[i];)
    if (value > left) value = left;
    if (value <= 0) return;
    double inverse = 1.0 / (double)left;
    for (int w = 0; w < r->words; w++)
      EACH_BIT(chosen->members[w], w, i, {
        reached += net[i];
        int64_t upto = ratio(value * reached, left, inverse);
        net[i] -= upto - given;
        given = upto;
      })
  } else {
    r->points += value;
  }
  r->result->rules[r->result->n_fired] = r->phase->rules[j].place;
  r->result->values[r->result->n_fired++] = value;
}

static inline int64_t window_of(const Phase *p, int64_t ts) {
  int64_t low = 0, length = p->n_edges;
  while (length > 0) {
    int64_t half = length >> 1, later = p->edges[low + half] <= ts;
    low = later ? low + half + 1 : low;
    length = later ? length - half - 1 : half;
  }
  return low;
}

static void find_alive(Run *r, const Request *q, const Occasion *at, int64_t total, uint64_t *alive) {
  const Phase *p = r->phase;
  int64_t width = p->width;
  const uint64_t *rows[] = {p->tier + q->tier * width, p->store + q->store * width, p->pay + q->pay * width,
                            p->first + q->first * width, p->birthday + at->birthday * width,
                            p->weekday + at->weekday * width, p->monthday + at->monthday * width,
                            p->minute + p->segments[at->minute] * width, p->window + window_of(p, q->ts) * width};
  for (int w = 0; w < width; w++) {
    uint64_t tagged = p->tag[w];
    EACH_BIT(q->tags, 0, t, tagged |= p->tag[(t + 1) * width + w];)
    alive[w] = tagged & rows[0][w] & rows[1][w] & rows[2][w] & rows[3][w] & rows[4][w] & rows[5][w] & rows[6][w] &
               rows[7][w] & rows[8][w];
    EACH_BIT(alive[w], w, j, {
      const Rule *rule = &p->rules[j];
      if (total < rule->min_total || total > rule->max_total) alive[w] &= ~(1ull << (j & 63));
    })
  }
}

static void sum_lines(Run *r, const uint64_t *alive) {
  const Phase *p = r->phase;
  int64_t width = p->width;
  uint64_t choosing[MAX_RULES / 64], any = 0;
  for (int w = 0; w < width; w++) {
    any |= choosing[w] = alive[w] & ~p->any_line[w];
    EACH_BIT(choosing[w], w, j, memset(&r->sums[j], 0, 16 + 8 * r->words);)
  }
  if (!any) return;
  for (int lw = 0; lw < r->words; lw++)
    for (uint64_t rest = r->eligible.members[lw]; rest; rest &= rest - 1) {
      int i = lw * 64 + __builtin_ctzll(rest);
      const Line *line = &r->lines[i];
      const uint64_t *cat = p->cat + line->cat * width, *brand = p->brand + line->brand * width;
      const uint64_t *sku = p->sku + line->sku * width;
      for (int w = 0; w < width; w++)
        EACH_BIT(choosing[w] & cat[w] & brand[w] & sku[w], w, j, {
          if ((p->has_unit[w] >> (j & 63) & 1) && line->unit < p->rules[j].min_unit) continue;
          Sum *sum = &r->sums[j];
          sum->fen += r->amounts[i];
          sum->qty += line->qty;
          sum->members[lw] |= 1ull << (i & 63);
        })
    }
}

static inline int64_t worth(const Rule *rule, int64_t fen, int64_t qty) {
  int64_t value, times;
  switch (rule->operation) {
    case 0: times = fen / rule->number; value = (times < rule->times ? times : rule->times) * rule->off; break;
    case 1:
    case 2: value = (fen * rule->number + rule->half) / rule->divisor; break;
    case 3: value = qty * rule->number; break;
    default: value = rule->number;
  }
  return value > rule->cap ? rule->cap : value;
}

static void run_phase(Run *r, const Request *q, const Occasion *at, int64_t total) {
  const Phase *p = r->phase;
  uint64_t alive[MAX_RULES / 64], any = 0;
  int64_t group_now = -1, best_value = 0;
  int best = -1;
  for (int w = 0; w < r->words; w++) any |= r->eligible.members[w];
  if (!any) return;
  find_alive(r, q, at, total, alive);
  sum_lines(r, alive);
  for (int w = 0; w < p->width; w++)
    EACH_BIT(alive[w], w, j, {
      const Rule *rule = &p->rules[j];
      const Sum *chosen = chosen_by(r, j);
      const Group *group = &r->bundle->groups[rule->group];
      if (!(chosen->members[0] | chosen->members[1] | chosen->members[2] | chosen->members[3])) continue;
      if (chosen->fen < rule->min_fen || chosen->qty < rule->min_qty) continue;
      if (rule->group != group_now) {
        if (best >= 0) apply(r, best, best_value);
        best = -1;
        group_now = rule->group;
      }
      if (r->fired_groups & group->silencers) continue;
      int64_t value = worth(rule, chosen->fen, chosen->qty);
      if (value <= 0) continue;
      r->fired_groups |= 1ull << rule->group;
      if (!group->best) {
        apply(r, j, value);
      } else if (best < 0 || value > best_value) {
        best = j;
        best_value = value;
      }
    })
  if (best >= 0) apply(r, best, best_value);
}

static void open_lines(Run *r, int n, int barred) {
  memset(&r->eligible, 0, sizeof r->eligible);
  for (int i = 0; i < n; i++) {
    if (r->lines[i].flags & barred) continue;
    r->eligible.members[i >> 6] |= 1ull << (i & 63);
    r->eligible.fen += r->amounts[i];
    r->eligible.qty += r->lines[i].qty;
  }
}

static void evaluate(const Bundle *b, const Request *q, const Line *lines, Result *result) {
  static Sum sums[MAX_RULES];
  int n = q->n;
  int64_t opening[MAX_LINES], paid;
  Occasion at = occasion_of(q, b->tz_offset_s);
  Run r = {.bundle = b, .phase = &b->phases[0], .lines = lines, .amounts = opening, .sums = sums, .result = result,
           .discount = 1, .words = (n + 63) >> 6};
  result->n = n;
  result->n_fired = 0;
  result->gross = result->payable = result->points = 0;
  for (int i = 0; i < n; i++) result->gross += opening[i] = result->net[i] = lines[i].fen;
  open_lines(&r, n, 1);
  run_phase(&r, q, &at, result->gross);
  for (int i = 0; i < n; i++) result->payable += result->net[i];
  memset(result->line_points, 0, n * sizeof(int64_t));
  if (!q->member) return;
  paid = q->points_used * b->fen_per_redeemed_point;
  if (paid > result->payable) paid = result->payable;
  memset(opening, 0, n * sizeof(int64_t));
  if (paid > 0) spread(paid, result->net, n, result->payable, opening);
  for (int i = 0; i < n; i++) opening[i] = lines[i].flags & 2 ? 0 : result->net[i] - opening[i];
  r.phase = &b->phases[1];
  r.discount = 0;
  open_lines(&r, n, 2);
  run_phase(&r, q, &at, result->payable);
  result->points = r.points < b->receipt_cap ? r.points : b->receipt_cap;
  if (result->points > 0 && r.eligible.fen > 0)
    spread(result->points, opening, n, r.eligible.fen, result->line_points);
  else if (result->points > 0) { /* no line earned them: they go with the first that may */
    int first = 0;
    while (lines[first].flags & 2) first++;
    result->line_points[first] = result->points;
  }
}
