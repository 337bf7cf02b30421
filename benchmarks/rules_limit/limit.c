/* limit FILE [passes]: evaluates every packed request `passes` times and prints ns per request, the median pass,
   of this thread's CPU time. limit FILE 0: prints each result as JSON instead, to be checked. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "eval.h"

static int by_size(const void *a, const void *b) {
  double one = *(const double *)a, other = *(const double *)b;
  return (one > other) - (one < other);
}

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static void print_numbers(const int64_t *numbers, int n) {
  for (int i = 0; i < n; i++) printf("%s%lld", i ? "," : "", (long long)numbers[i]);
}

static void print_result(const Result *r) {
  printf("[%lld,%lld,%lld,[", (long long)r->gross, (long long)r->payable, (long long)r->points);
  for (int i = 0; i < r->n_fired; i++) printf("%s[%d,%lld]", i ? "," : "", r->rules[i], (long long)r->values[i]);
  printf("],[");
  print_numbers(r->net, r->n);
  printf("],[");
  print_numbers(r->line_points, r->n);
  printf("]]\n");
}

int main(int argc, char **argv) {
  static Bundle bundle;
  static Result result;
  uint64_t sizes[3]; /* bytes of the bundle, requests, lines */
  FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
  if (!file || fread(sizes, 8, 3, file) != 3) return 1;
  uint8_t *blob = malloc(sizes[0]);
  Request *requests = malloc(sizes[1] * sizeof(Request));
  Line *lines = malloc(sizes[2] * sizeof(Line));
  if (fread(blob, 1, sizes[0], file) != sizes[0]) return 1;
  if (fread(requests, sizeof(Request), sizes[1], file) != sizes[1]) return 1;
  if (fread(lines, sizeof(Line), sizes[2], file) != sizes[2]) return 1;
  load_bundle(&bundle, blob);
  int passes = argc > 2 ? atoi(argv[2]) : 31;
  for (uint64_t i = 0; passes == 0 && i < sizes[1]; i++) {
    evaluate(&bundle, &requests[i], lines + requests[i].first_line, &result);
    print_result(&result);
  }
  if (passes == 0) return 0;
  double *ns = malloc(passes * sizeof(double));
  volatile int64_t kept = 0; /* so that nothing is optimised away */
  for (int pass = 0; pass < passes; pass++) {
    double start = now_ns();
    for (uint64_t i = 0; i < sizes[1]; i++) {
      evaluate(&bundle, &requests[i], lines + requests[i].first_line, &result);
      kept += result.payable + result.points;
    }
    ns[pass] = (now_ns() - start) / sizes[1];
  }
  qsort(ns, passes, sizeof(double), by_size);
  printf("%.1f\n", ns[passes / 2]);
  return 0;
}
