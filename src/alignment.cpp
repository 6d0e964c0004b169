// Map-anchored bundle adjustment of the scans of one drive in two dimensions; see localization/alignment/aligner.py.
//
// The state is the pose of the newest node, the log scale and the yaw drift of odometry, the yaw of the camera on the
// vehicle, and the log scale of depth. Every building of the map errs by itself: a log factor of depth and an offset on
// the ground. These are random effects with priors, eliminated building by building, so that many rays of one building
// do not pretend to be independent. Rays and edges are weighed anew in every step (reweighted least squares).


#include "alignment.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace {

constexpr int32_t kFirstEdges = 2;
constexpr double kLongestStep = 4.0;

}  // namespace

using namespace geoloc::alignment;

extern "C" {

// How much more likely the scans are at each of `size` states (size, 8) than where nothing is known: `log_ratio`
// (size,). The log scale of depth is set to what suits most rays best, up to `most_depth`.
int geoloc_align_scores(const void* scene, int32_t nodes, int32_t rays, const double* motion, const float* log_range,
                        const int32_t* instance, const uint8_t* observed, const double* model, double most_depth,
                        int32_t size, double* states, double* log_ratio) {
  Model values;
  std::copy(model, model + sizeof(Model) / sizeof(double), &values.max_range);
  const std::vector<double> nothing(kState * kState, 0.0);
  Alignment alignment(scene, {nodes, rays, motion, log_range, instance, observed}, {}, values, nothing.data(),
                      nothing.data());
  for (int32_t n = 0; n < size; ++n) {
    alignment.forget();
    State state;
    std::copy(states + kState * n, states + kState * (n + 1), state.begin());
    alignment.look(state, false);
    const double depth = std::clamp(state[kDepth] + alignment.middle(), -most_depth, most_depth);
    alignment.rescale(depth - state[kDepth]);
    states[kState * n + kDepth] = state[kDepth] = depth;
    alignment.build(state);
    alignment.settle({});
    double inlier_ratio;
    alignment.weigh(state[kDepth], log_ratio[n], inlier_ratio);
  }
  return 0;
}

// Moves `state` (8,) to where the scans fit the map best; `information` (8, 8) is that of the equations there.
// `pose` (nodes, 3). `report` (6,): iterations, length of the last step in metres, buildings, log ratio, share of hits
// that fit, disagreement of the buildings.
// Gives -1 where the equations have no solution.
int geoloc_align_window(const void* scene, int32_t nodes, int32_t rays, const double* motion, const float* log_range,
                        const int32_t* instance, const uint8_t* observed, int32_t num_fixes, const int32_t* fix_node,
                        const double* fix_position, const double* fix_information, const double* model,
                        const double* prior_mean, const double* prior_information, int32_t max_iterations,
                        double* state, double* information, double* pose, double* report) {
  Model values;
  std::copy(model, model + sizeof(Model) / sizeof(double), &values.max_range);
  Alignment alignment(scene, {nodes, rays, motion, log_range, instance, observed},
                      {num_fixes, fix_node, fix_position, fix_information}, values, prior_mean, prior_information);
  State now;
  std::copy(state, state + kState, now.begin());
  int32_t iteration = 0;
  double length = 0.0;
  for (; iteration < max_iterations; ++iteration) {
    alignment.look(now, iteration >= kFirstEdges);
    const System system = alignment.build(now);
    State step = system.right;
    if (!solve(system.square, step)) return -1;
    alignment.settle(step);
    length = std::hypot(step[0], step[1]);
    const double damp = std::min(1.0, kLongestStep / std::max(length, 1e-9));
    for (int i = 0; i < kState; ++i) now[i] += damp * step[i];
    if (length < 0.02 && std::abs(step[2]) < 5e-4 && iteration > kFirstEdges) break;
  }
  alignment.look(now, true);
  const System system = alignment.build(now);
  now[2] = wrap(now[2]);
  std::copy(now.begin(), now.end(), state);
  for (int i = 0; i < kState; ++i)
    std::copy(system.square[i].begin(), system.square[i].end(), information + kState * i);
  alignment.write(pose);
  report[0] = iteration;
  report[1] = length;
  report[2] = alignment.num_buildings();
  alignment.weigh(now[kDepth], report[3], report[4]);
  report[5] = alignment.disagreement(system);
  return 0;
}
}
