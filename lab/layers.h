/* One network and one batch on its way through it: forward, backward, the penalty's second forward, gradients. */
#include "kernels.h"

typedef struct {
  int layers, size[LAYERS + 1], count;
  float slope;
  float *weight, *gradient, *first, *second;   /* W1 (out, in), b1, W2, b2, … */
} Network;

/* One batch on its way: h[l] activations, d[l] = d score / d (W h + b) of layer l, q[l] the penalty's tangent. */
typedef struct { int stride; float *h[LAYERS + 1], *d[LAYERS + 1], *q[LAYERS + 1], *factor; } Pass;

static int offset(const Network *net, int layer) {
  int at = 0;
  for (int l = 0; l < layer; l++) at += net->size[l + 1] * (net->size[l] + 1);
  return at;
}

static void forward(const Network *net, const float *w, Pass *p) {
  for (int l = 0; l < net->layers; l++) {
    int in = net->size[l], out = net->size[l + 1];
    product(p->h[l + 1], w, in, 1, out, in, p->h[l], w + in * out, p->stride);
    if (l + 1 < net->layers) leaky(p->h[l + 1], p->h[l + 1], net->slope, out * p->stride);
    w += out * (in + 1);
  }
}

/* From d of the last layer back to d of layer `last`: 1, or 0 for the gradient at the input. */
static void backward(const Network *net, const float *w, Pass *p, int last) {
  for (int l = net->layers - 1; l >= last; l--) {
    int in = net->size[l], out = net->size[l + 1];
    product(p->d[l], w + offset(net, l), 1, in, in, out, p->d[l + 1], 0, p->stride);
    if (l > 0) leaky(p->d[l], p->h[l], net->slope, in * p->stride);
  }
}

/* The penalty moves the input's gradient W1' M1 W2' M2 … ; its own gradient is a second forward, without biases. */
static void tangent(const Network *net, const float *w, Pass *p) {
  for (int l = 0; l + 1 < net->layers; l++) {
    int in = net->size[l], out = net->size[l + 1];
    product(p->q[l + 1], w, in, 1, out, in, p->q[l], 0, p->stride);
    leaky(p->q[l + 1], p->h[l + 1], net->slope, out * p->stride);
    w += out * (in + 1);
  }
}

/* dW += d (factor h + q)', db += d factor: the loss's part and the penalty's in one product. */
static void accumulate(const Network *net, float *g, Pass *p, int penalised, float *scaled) {
  for (int l = 0; l < net->layers; l++) {
    int in = net->size[l], out = net->size[l + 1], s = p->stride;
    for (int i = 0; i < in; i++)
      combine(scaled + i * s, p->factor, p->h[l] + i * s, penalised ? p->q[l] + i * s : 0, s);
    outer(g, p->d[l + 1], out, scaled, in, s);
    for (int o = 0; o < out; o++) g[in * out + o] += dot(p->d[l + 1] + o * s, p->factor, s);
    g += out * (in + 1);
  }
}
