/* What the engine's time goes into: products of small matrices with a batch, eight samples at a time. */
#include <wasm_simd128.h>

enum { LAYERS = 6, WIDEST = 128 };

extern unsigned char __heap_base;
static unsigned char *top = &__heap_base;

/* Zeroed memory that is never given back: a new training is a new instance. */
static float *floats(int n) {
  unsigned long at = ((unsigned long)top + 15) / 16 * 16, end = at + 4ul * n + 64;
  unsigned long have = __builtin_wasm_memory_size(0) * 65536ul;
  if (end > have) __builtin_wasm_memory_grow(0, (end - have + 65535) / 65536);
  top = (unsigned char *)end;
  return (float *)at;
}

static void zero(float *x, int n) { __builtin_memset(x, 0, 4ul * n); }
static void copy(float *to, const float *from, int n) { __builtin_memcpy(to, from, 4ul * n); }

/* (n, dims) points, as the page has them, to feature-major rows, and back. */
static void turn(float *rows, const float *points, int n, int dims, int stride) {
  for (int b = 0; b < n; b++)
    for (int i = 0; i < dims; i++) rows[i * stride + b] = points[b * dims + i];
}
static void turn_back(float *points, const float *rows, int n, int dims, int stride) {
  for (int b = 0; b < n; b++)
    for (int i = 0; i < dims; i++) points[b * dims + i] = rows[i * stride + b];
}

#define AT(p) wasm_v128_load(p)
#define MULTIPLY_ADD(a, b, c) wasm_f32x4_add(a, wasm_f32x4_mul(b, c))

/* y[o] = bias[o] + Σ_i w[o · across + i · along] x[i] for rows of `stride` samples: W x, or W' x with the strides
   exchanged. Four rows of eight samples stay in registers. */
static void product(float *y, const float *w, int across, int along, int out, int in, const float *x, const float *bias,
                    int stride) {
  int o = 0;
  for (; o + 4 <= out; o += 4) {
    const float *w0 = w + o * across, *w1 = w0 + across, *w2 = w1 + across, *w3 = w2 + across;
    for (int b = 0; b < stride; b += 8) {
      v128_t zero = wasm_f32x4_splat(0), a0 = bias ? wasm_f32x4_splat(bias[o]) : zero, c0 = a0,
             a1 = bias ? wasm_f32x4_splat(bias[o + 1]) : zero, c1 = a1,
             a2 = bias ? wasm_f32x4_splat(bias[o + 2]) : zero, c2 = a2,
             a3 = bias ? wasm_f32x4_splat(bias[o + 3]) : zero, c3 = a3;
      const float *at = x + b;
      for (int i = 0, k = 0; i < in; i++, at += stride, k += along) {
        v128_t left = AT(at), right = AT(at + 4), s0 = wasm_v128_load32_splat(w0 + k),
               s1 = wasm_v128_load32_splat(w1 + k), s2 = wasm_v128_load32_splat(w2 + k),
               s3 = wasm_v128_load32_splat(w3 + k);
        a0 = MULTIPLY_ADD(a0, s0, left), c0 = MULTIPLY_ADD(c0, s0, right);
        a1 = MULTIPLY_ADD(a1, s1, left), c1 = MULTIPLY_ADD(c1, s1, right);
        a2 = MULTIPLY_ADD(a2, s2, left), c2 = MULTIPLY_ADD(c2, s2, right);
        a3 = MULTIPLY_ADD(a3, s3, left), c3 = MULTIPLY_ADD(c3, s3, right);
      }
      float *to = y + o * stride + b;
      wasm_v128_store(to, a0), wasm_v128_store(to + 4, c0), to += stride;
      wasm_v128_store(to, a1), wasm_v128_store(to + 4, c1), to += stride;
      wasm_v128_store(to, a2), wasm_v128_store(to + 4, c2), to += stride;
      wasm_v128_store(to, a3), wasm_v128_store(to + 4, c3);
    }
  }
  for (; o < out; o++)
    for (int b = 0; b < stride; b += 8) {
      v128_t a = wasm_f32x4_splat(bias ? bias[o] : 0), c = a;
      for (int i = 0; i < in; i++) {
        v128_t s = wasm_v128_load32_splat(w + o * across + i * along);
        a = MULTIPLY_ADD(a, s, AT(x + i * stride + b)), c = MULTIPLY_ADD(c, s, AT(x + i * stride + b + 4));
      }
      wasm_v128_store(y + o * stride + b, a), wasm_v128_store(y + o * stride + b + 4, c);
    }
}

static float sum(v128_t v) {
  return wasm_f32x4_extract_lane(v, 0) + wasm_f32x4_extract_lane(v, 1) + wasm_f32x4_extract_lane(v, 2) +
         wasm_f32x4_extract_lane(v, 3);
}

static float dot(const float *a, const float *b, int n) {
  v128_t s = wasm_f32x4_splat(0);
  for (int k = 0; k < n; k += 4) s = MULTIPLY_ADD(s, AT(a + k), AT(b + k));
  return sum(s);
}

/* g[o][i] += Σ_b d[o][b] z[i][b], four rows by two columns at a time. */
static void outer(float *g, const float *d, int out, const float *z, int in, int stride) {
  int o = 0;
  for (; o + 4 <= out; o += 4) {
    const float *d0 = d + o * stride, *d1 = d0 + stride, *d2 = d1 + stride, *d3 = d2 + stride;
    int i = 0;
    for (; i + 2 <= in; i += 2) {
      const float *z0 = z + i * stride, *z1 = z0 + stride;
      v128_t none = wasm_f32x4_splat(0), a0 = none, a1 = none, a2 = none, a3 = none, c0 = none, c1 = none, c2 = none,
             c3 = none;
      for (int b = 0; b < stride; b += 4) {
        v128_t p = AT(z0 + b), q = AT(z1 + b), s0 = AT(d0 + b), s1 = AT(d1 + b), s2 = AT(d2 + b), s3 = AT(d3 + b);
        a0 = MULTIPLY_ADD(a0, s0, p), c0 = MULTIPLY_ADD(c0, s0, q);
        a1 = MULTIPLY_ADD(a1, s1, p), c1 = MULTIPLY_ADD(c1, s1, q);
        a2 = MULTIPLY_ADD(a2, s2, p), c2 = MULTIPLY_ADD(c2, s2, q);
        a3 = MULTIPLY_ADD(a3, s3, p), c3 = MULTIPLY_ADD(c3, s3, q);
      }
      float *to = g + o * in + i;
      to[0] += sum(a0), to[1] += sum(c0), to += in;
      to[0] += sum(a1), to[1] += sum(c1), to += in;
      to[0] += sum(a2), to[1] += sum(c2), to += in;
      to[0] += sum(a3), to[1] += sum(c3);
    }
    for (; i < in; i++)
      for (int k = 0; k < 4; k++) g[(o + k) * in + i] += dot(d + (o + k) * stride, z + i * stride, stride);
  }
  for (; o < out; o++)
    for (int i = 0; i < in; i++) g[o * in + i] += dot(d + o * stride, z + i * stride, stride);
}

/* y ← y where x > 0, slope · y elsewhere: the activation (x = y), or its derivative from its value. */
static void leaky(float *y, const float *x, float slope, int n) {
  v128_t none = wasm_f32x4_splat(0), s = wasm_f32x4_splat(slope);
  for (int k = 0; k < n; k += 4) {
    v128_t v = AT(y + k);
    wasm_v128_store(y + k, wasm_v128_bitselect(v, wasm_f32x4_mul(v, s), wasm_f32x4_gt(AT(x + k), none)));
  }
}

/* z = factor · h (+ q) */
static void combine(float *z, const float *factor, const float *h, const float *q, int n) {
  for (int k = 0; k < n; k += 4) {
    v128_t v = wasm_f32x4_mul(AT(factor + k), AT(h + k));
    wasm_v128_store(z + k, q ? wasm_f32x4_add(v, AT(q + k)) : v);
  }
}

/* 1 / (1 + e^−x), to the last digits of a double: e^x = 2^k e^r with |r| ≤ ln 2 / 2. */
static double sigmoid(double x) {
  double y = x > 0 ? -x : x; /* e^y never overflows */
  if (y < -700) y = -700;
  double k = __builtin_rint(y * 1.4426950408889634), r = y - k * 0.6931471805599453, term = 1, e = 1;
  for (int n = 1; n < 14; n++) e += term *= r / n;
  union { long long bits; double value; } power = {.bits = (long long)(k + 1023) << 52};
  e *= power.value;
  return x > 0 ? 1 / (1 + e) : e / (1 + e);
}
