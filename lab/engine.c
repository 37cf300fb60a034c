/* The in-page engine of the Wasserstein GAN Lab: a generator and a critic of linear layers and leaky ReLUs, their
   gradients by hand, the penalties' double backward included, Adam and RMSProp. Compiled to WebAssembly by build.py.
   The same steps in readable JavaScript: wgan_lib/js/lab/reference.mjs; in torch: wgan_lib.training.

   Activations are feature-major: the row of feature i holds `stride` samples, a multiple of 8, so that a vector runs
   over samples. Columns past the batch hold rubbish that no sum sees, because their coefficients are zero. */
#include "spectral.h"

enum { WASSERSTEIN, MINIMAX, NON_SATURATING, RELATIVISTIC, HINGE };
enum { NOWHERE, INTERPOLATES, REALS, FAKES, BOTH };
enum { LATENT, REAL, ALPHA, POINTS, VALUES, SLOPES, READINGS, REAL_SCORES, FAKE_SCORES, SIZES, BUFFERS };
enum { LOOK = 256 }; /* points looked at in one call */

static Pass real, fake, between, made, look[2];
static float *buffers[BUFFERS], *scaled;
static int batch, sizes[LAYERS + 1];

/* ---- losses: d loss / d score of each sample, averaged over the batch ---- */

static void slopes_of_critic(int loss, const float *r, const float *f) {
  for (int b = 0; b < batch; b++) {
    double toReal = -1, toFake = 1;
    if (loss == MINIMAX || loss == NON_SATURATING) toReal = -sigmoid(-r[b]), toFake = sigmoid(f[b]);
    if (loss == RELATIVISTIC) toFake = sigmoid((double)f[b] - r[b]), toReal = -toFake;
    if (loss == HINGE) toReal = r[b] < 1 ? -1 : 0, toFake = f[b] > -1 ? 1 : 0;
    real.factor[b] = toReal / batch;
    fake.factor[b] = toFake / batch;
  }
}

static double slope_of_generator(int loss, double f, double r) {
  if (loss == MINIMAX) return -sigmoid(f);
  if (loss == NON_SATURATING) return -sigmoid(-f);
  return loss == RELATIVISTIC ? -sigmoid(r - f) : -1;
}

/* Adds weight · mean (‖∇f‖ − target)² at the points of a pass, and sets its tangent. */
static double penalise(Pass *p, int dims, double weight, double target, int one_sided) {
  double sum = 0;
  float *readings = buffers[READINGS];
  for (int b = 0; b < p->stride; b++) {
    float square = 0;
    for (int i = 0; i < dims; i++) square += p->d[0][i * p->stride + b] * p->d[0][i * p->stride + b];
    float norm = __builtin_sqrtf(square), excess = norm - target;
    if (b >= batch || (one_sided && excess < 0)) excess = 0;
    float r = norm > 0 ? 2 * weight / batch * excess / norm : 0;
    for (int i = 0; i < dims; i++) p->q[0][i * p->stride + b] = r * p->d[0][i * p->stride + b];
    sum += excess * excess;
    if (b < batch) readings[2] += norm / batch;
  }
  return weight * sum / batch;
}

static void backpropagate(Pass *p, const float *w, int slot, int penalised, double weight, double target,
                          int one_sided) {
  Network *net = &nets[CRITIC];
  float *g = spectral ? folded : net->gradient;
  backward(net, w, p, penalised ? 0 : 1);
  if (penalised) {
    buffers[READINGS][1] += penalise(p, net->size[0], weight, target, one_sided);
    tangent(net, w, p);
  }
  if (spectral) zero(folded, net->count);
  accumulate(net, g, p, penalised, scaled);
  if (spectral) fold(slot);
}

static void generated(Pass *p) { /* the latents of the buffer, through the generator */
  Network *net = &nets[GENERATOR];
  turn(p->h[0], buffers[LATENT], batch, net->size[0], p->stride);
  forward(net, net->weight, p);
}

static float *row_end(const Network *net, Pass *p) { return p->h[net->layers]; }

/* ---- what the page calls ---- */

/* Gradients of loss + penalty for the critic. Readings: estimate, penalty, mean ‖∇f‖ where penalised. */
void critic_gradients(int loss, int at, float weight, float target, int one_sided) {
  Network *net = &nets[CRITIC];
  int dims = net->size[0], s = real.stride;
  float *r = row_end(net, &real), *f = row_end(net, &fake), *readings = buffers[READINGS];
  zero(net->gradient, net->count);
  readings[1] = readings[2] = 0;
  generated(&made);
  copy(fake.h[0], row_end(&nets[GENERATOR], &made), dims * s);
  turn(real.h[0], buffers[REAL], batch, dims, s);
  const float *w = effective(0, 1);
  forward(net, w, &real);
  const float *w1 = effective(1, 1);
  forward(net, w1, &fake);
  slopes_of_critic(loss, r, f);
  backpropagate(&real, w, 0, at == REALS || at == BOTH, weight, target, one_sided);
  float atReals = readings[2];
  readings[2] = 0;
  backpropagate(&fake, w1, 1, at == FAKES || at == BOTH, weight, target, one_sided);
  readings[2] = at == BOTH ? (readings[2] + atReals) / 2 : readings[2] + atReals;
  if (at == INTERPOLATES) {
    for (int k = 0; k < dims * s; k++) {
      float a = k % s < batch ? buffers[ALPHA][k % s] : 0;
      between.h[0][k] = a * real.h[0][k] + (1 - a) * fake.h[0][k];
    }
    forward(net, w, &between);
    backpropagate(&between, w, 0, 1, weight, target, one_sided);
  }
  double gap = 0;
  for (int b = 0; b < batch; b++) gap += (double)r[b] - f[b];
  readings[0] = gap / batch;
  copy(buffers[REAL_SCORES], r, batch);
  copy(buffers[FAKE_SCORES], f, batch);
}

/* Gradients for the generator on the latents in the buffer; `sign` −1 is the tour's flipped sign. */
void generator_gradients(int loss, float sign) {
  Network *net = &nets[GENERATOR], *judge = &nets[CRITIC];
  float *r = row_end(judge, &real), *f = row_end(judge, &fake);
  zero(net->gradient, net->count);
  generated(&made);
  copy(fake.h[0], row_end(net, &made), judge->size[0] * made.stride);
  const float *w = effective(0, 1);
  forward(judge, w, &fake);
  if (loss == RELATIVISTIC) forward(judge, effective(1, 1), &real); /* the last critic step's reals */
  backward(judge, w, &fake, 0);
  for (int i = 0; i < judge->size[0]; i++)
    for (int b = 0; b < made.stride; b++) {
      float slope = b < batch ? sign * slope_of_generator(loss, f[b], r[b]) / batch : 0;
      made.d[net->layers][i * made.stride + b] = slope * fake.d[0][i * made.stride + b];
    }
  backward(net, net->weight, &made, 1);
  accumulate(net, net->gradient, &made, 0, scaled);
  copy(buffers[FAKE_SCORES], f, batch);
}

/* One step: Adam, or RMSProp where `adam` is 0, with alpha = beta2; epsilon 1e-8, as torch has them. The corrections
   1 − beta^t come from the caller, who counts the steps (1 for RMSProp). */
void update(int which, int adam, double rate, double beta1, double beta2, double correction1, double correction2) {
  Network *net = &nets[which];
  float step = rate / correction1, root = __builtin_sqrt(correction2);
  for (int k = 0; k < net->count; k++) {
    float g = net->gradient[k], *v = &net->second[k], m = g;
    *v = (float)beta2 * *v + (float)(1 - beta2) * g * g;
    if (adam) m = net->first[k] = (float)beta1 * net->first[k] + (float)(1 - beta1) * g;
    net->weight[k] -= step * m / (__builtin_sqrtf(*v) / root + 1e-8f);
  }
}

void clip(float bound) {
  Network *net = &nets[CRITIC];
  for (int k = 0; k < net->count; k++) {
    float w = net->weight[k];
    net->weight[k] = w > bound ? bound : w < -bound ? -bound : w;
  }
}

/* Scores and gradients of the critic at n ≤ 256 points of the buffer. */
void evaluate(int n) {
  Network *net = &nets[CRITIC];
  Pass *p = &look[CRITIC];
  const float *w = effective(0, 0);
  turn(p->h[0], buffers[POINTS], n, net->size[0], LOOK);
  forward(net, w, p);
  backward(net, w, p, 0);
  copy(buffers[VALUES], row_end(net, p), n);
  turn_back(buffers[SLOPES], p->d[0], n, net->size[0], LOOK);
}

/* Points of the generator for n ≤ 256 latents of the buffer POINTS; they come in SLOPES. */
void generate(int n) {
  Network *net = &nets[GENERATOR];
  Pass *p = &look[GENERATOR];
  turn(p->h[0], buffers[POINTS], n, net->size[0], LOOK);
  forward(net, net->weight, p);
  turn_back(buffers[SLOPES], row_end(net, p), n, net->size[net->layers], LOOK);
}

static Pass pass(const Network *net, int stride) {
  Pass p = {.stride = stride, .factor = floats(stride)};
  for (int l = 0; l <= net->layers; l++) {
    p.h[l] = floats(net->size[l] * stride);
    p.d[l] = floats(net->size[l] * stride);
    p.q[l] = floats(net->size[l] * stride);
  }
  for (int b = 0; b < stride; b++) p.d[net->layers][b] = 1;
  return p;
}

/* A network of `layers` layers with the sizes in `sizes_at()`. Both are made before `start`. */
void network(int which, int layers, float slope) {
  Network *net = &nets[which];
  net->layers = layers;
  net->slope = slope;
  for (int l = 0; l <= layers; l++) net->size[l] = sizes[l];
  net->count = offset(net, layers);
  net->weight = floats(net->count);
  net->gradient = floats(net->count);
  net->first = floats(net->count);
  net->second = floats(net->count);
}

/* Memory for batches of this size; with `normalised` the critic's weights are divided by their spectral norm. */
void start(int samples, int normalised) {
  Network *net = &nets[CRITIC];
  int s = (samples + 7) / 8 * 8, latent = nets[GENERATOR].size[0], dims = net->size[0];
  int wide = latent > dims ? latent : dims;
  batch = samples;
  spectral = normalised;
  real = pass(net, s), fake = pass(net, s), between = pass(net, s), made = pass(&nets[GENERATOR], s);
  look[GENERATOR] = pass(&nets[GENERATOR], LOOK), look[CRITIC] = pass(net, LOOK);
  for (int b = 0; b < batch; b++) made.factor[b] = 1;
  scaled = floats(WIDEST * s);
  int lengths[BUFFERS] = {batch * latent, batch * dims, s, LOOK * wide, LOOK, LOOK * wide, 4, s, s, 0};
  for (int k = 0; k < BUFFERS; k++) buffers[k] = floats(lengths[k]);
  if (!spectral) return;
  divided[0] = floats(net->count), divided[1] = floats(net->count), folded = floats(net->count);
  for (int l = 0; l < net->layers; l++) left[l] = floats(net->size[l + 1]), right[l] = floats(net->size[l]);
}

int *sizes_at(void) { return sizes; }
float *buffer(int which) { return buffers[which]; }
int count(int which) { return nets[which].count; }
float *state(int which, int part) {
  Network *net = &nets[which];
  return part == 0 ? net->weight : part == 1 ? net->gradient : part == 2 ? net->first : net->second;
}
float *direction(int layer, int side) { return side ? right[layer] : left[layer]; }
