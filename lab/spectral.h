/* Spectral normalisation: W / (u' W v), u and v moved by one power iteration at each forward. */
#include "layers.h"

enum { GENERATOR, CRITIC };

static Network nets[2];
static int spectral;
static float *divided[2], *folded;             /* weights in two slots, and the gradient of divided ones */
static float *left[LAYERS], *right[LAYERS];    /* u and v of each layer */
static float sigma[2][LAYERS], kept[2][LAYERS][2 * WIDEST];
static double drawn;                           /* the last of a fixed sequence, for v's first values */

static float unit(float *x, int n) {
  float norm = 0;
  for (int i = 0; i < n; i++) norm += x[i] * x[i];
  norm = __builtin_sqrtf(norm);
  for (int i = 0; i < n; i++) x[i] /= norm > 1e-12f ? norm : 1e-12f;
  return norm;
}

static void iterate(const float *w, float *u, float *v, int out, int in) {
  for (int i = 0; i < in; i++) v[i] = 0;
  for (int o = 0; o < out; o++)
    for (int i = 0; i < in; i++) v[i] += u[o] * w[o * in + i];
  unit(v, in);
  for (int o = 0; o < out; o++) {
    u[o] = 0;
    for (int i = 0; i < in; i++) u[o] += w[o * in + i] * v[i];
  }
  unit(u, out);
}

/* The critic's weights as the next forward uses them, in slot 0 or 1. */
static const float *effective(int slot, int iterations) {
  Network *net = &nets[CRITIC];
  if (!spectral) return net->weight;
  for (int l = 0; l < net->layers; l++) {
    int in = net->size[l], out = net->size[l + 1], at = offset(net, l);
    const float *w = net->weight + at;
    for (int k = 0; k < iterations; k++) iterate(w, left[l], right[l], out, in);
    float s = 0;
    for (int o = 0; o < out; o++)
      for (int i = 0; i < in; i++) s += left[l][o] * w[o * in + i] * right[l][i];
    sigma[slot][l] = s > 1e-12f ? s : 1e-12f;
    for (int o = 0; o < out; o++) kept[slot][l][o] = left[l][o];
    for (int i = 0; i < in; i++) kept[slot][l][WIDEST + i] = right[l][i];
    for (int k = 0; k < out * (in + 1); k++) divided[slot][at + k] = k < in * out ? w[k] / sigma[slot][l] : w[k];
  }
  return divided[slot];
}

/* dW += (G − ⟨G, W/σ⟩ u v') / σ for the gradient G of the divided weights. */
static void fold(int slot) {
  Network *net = &nets[CRITIC];
  for (int l = 0; l < net->layers; l++) {
    int in = net->size[l], out = net->size[l + 1], at = offset(net, l);
    float along = 0, *g = folded + at;
    for (int k = 0; k < in * out; k++) along += g[k] * divided[slot][at + k];
    for (int o = 0; o < out; o++)
      for (int i = 0; i < in; i++)
        net->gradient[at + o * in + i] +=
            (g[o * in + i] - along * kept[slot][l][o] * kept[slot][l][WIDEST + i]) / sigma[slot][l];
    for (int k = in * out; k < out * (in + 1); k++) net->gradient[at + k] += g[k];
  }
}

/* First directions for spectral normalisation: a fixed one, then 15 iterations, as torch does after its own draw. */
void align(void) {
  Network *net = &nets[CRITIC];
  for (int l = 0; spectral && l < net->layers; l++) {
    int in = net->size[l], out = net->size[l + 1];
    const float *w = net->weight + offset(net, l);
    for (int i = 0; i < in; i++) {
      drawn = drawn * 0.7548776662466927 + 0.57;
      drawn -= (int)drawn;
      right[l][i] = drawn - 0.5;
    }
    unit(right[l], in);
    for (int o = 0; o < out; o++) {
      left[l][o] = 0;
      for (int i = 0; i < in; i++) left[l][o] += w[o * in + i] * right[l][i];
    }
    unit(left[l], out);
    for (int k = 0; k < 15; k++) iterate(w, left[l], right[l], out, in);
  }
}
