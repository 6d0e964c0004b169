// Where the landmarks of an image are, by the votes of its cells; see geoloc_ros/landmarks/voting.py.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define GEOLOC_CLONES __attribute__((target_clones("avx512f", "arch=haswell", "default")))
#else
#define GEOLOC_CLONES
#endif

namespace {

constexpr int kLanes = 16;
typedef float Floats __attribute__((vector_size(4 * kLanes)));
typedef int32_t Ints __attribute__((vector_size(4 * kLanes)));

// Votes that are compared with a hypothesis before it is asked again whether it can still win.
constexpr int64_t kBlock = 8 * kLanes;
// Sine of the angle below which two votes are parallel: where they cross says nothing.
constexpr float kLeastSine = 0.05f;
constexpr int kDrawsPerHypothesis = 4;
// Votes that are asked about every hypothesis, and hypotheses that all votes are asked about.
constexpr int64_t kFirstLook = 512;
constexpr size_t kSecondLook = 32;
// Degrees of freedom of the t distribution that residuals are taken to have: some votes are simply wrong.
constexpr float kFreedom = 3.0f;
// Nobody knows directions better than this, radians, and landmarks better or worse than these, pixels.
constexpr double kLeastSpread = 1e-3, kLeastSigma = 0.02, kMostSigma = 50.0;

// Square of a distance that no image has: votes that fill up the last lanes are further away.
constexpr float kNowhere = 1e12f;

struct Settings {
  float stride;
  int32_t hypotheses;
  float inlier_cos, circle, near;
  int32_t max_iterations;
};

// Votes of one landmark, columns of equal length; beyond `count` they are padded with votes that agree with nothing.
struct Votes {
  const float *x, *y, *right, *down;
  int64_t count;
};

struct Found {
  double x, y;
  int32_t votes;
  double covariance[3];  // xx, xy, yy
};

inline uint64_t next_random(uint64_t& state) {  // splitmix64
  uint64_t z = (state += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

inline int64_t draw(uint64_t& state, int64_t count) {
  return static_cast<int64_t>(((next_random(state) >> 32) * static_cast<uint64_t>(count)) >> 32);
}

inline void load(const float* from, Floats& to) { std::memcpy(&to, from, sizeof to); }

inline float sum_of(const Floats& v) {
  float sum = 0.0f;
  for (int lane = 0; lane < kLanes; ++lane) sum += v[lane];
  return sum;
}

// How many votes agree with a landmark at (x, y): as many as do, or any number of at most `best`.
GEOLOC_CLONES int64_t count_agreeing(const Votes& votes, float x, float y, float cos2, float near2, int64_t best) {
  int64_t agreeing = 0;
  for (int64_t first = 0; first < votes.count; first += kBlock) {
    if (agreeing + votes.count - first <= best) return agreeing;
    const int64_t last = std::min(first + kBlock, votes.count);
    Ints disagreeing = {};
    for (int64_t i = first; i < last; i += kLanes) {
      Floats at_x, at_y, right, down;
      load(votes.x + i, at_x), load(votes.y + i, at_y), load(votes.right + i, right), load(votes.down + i, down);
      const Floats to_x = x - at_x, to_y = y - at_y;
      const Floats ahead = to_x * right + to_y * down;
      // The sign stays: who points away disagrees, however straight.
      const Floats size = ahead < 0.0f ? -ahead : ahead;
      // True is -1.
      disagreeing += ahead * size + near2 >= cos2 * (to_x * to_x + to_y * to_y);
    }
    for (int lane = 0; lane < kLanes; ++lane) agreeing -= disagreeing[lane];
  }
  return agreeing;
}

// Where two votes meet ahead of both; false where they do not.
inline bool intersect(const Votes& votes, int64_t a, int64_t b, float& x, float& y) {
  const float sine = votes.right[a] * votes.down[b] - votes.down[a] * votes.right[b];
  if (std::fabs(sine) < kLeastSine) return false;
  const float apart_x = votes.x[b] - votes.x[a], apart_y = votes.y[b] - votes.y[a];
  const float along_a = (apart_x * votes.down[b] - apart_y * votes.right[b]) / sine;
  const float along_b = (apart_x * votes.down[a] - apart_y * votes.right[a]) / sine;
  if (along_a < 0.0f || along_b < 0.0f) return false;
  x = votes.x[a] + along_a * votes.right[a];
  y = votes.y[a] + along_a * votes.down[a];
  return true;
}

struct Hypothesis {
  float x, y;
  int64_t agreeing;
};

// The intersection of two votes that most votes agree with (PVNet's scheme); false where no two of them meet. Where
// there are many votes, the first of them, who are as good as any, choose the hypotheses that all are asked about.
bool best_intersection(const Votes& votes, const Settings& settings, uint64_t& random, float& best_x, float& best_y) {
  const float cos2 = settings.inlier_cos * settings.inlier_cos, near2 = settings.near * settings.near;
  Votes few = votes;
  if (votes.count >= 2 * kFirstLook) few.count = kFirstLook;
  std::vector<Hypothesis> promising;
  int64_t best = -1;
  int32_t tried = 0;
  for (int32_t drawn = 0; tried < settings.hypotheses && drawn < kDrawsPerHypothesis * settings.hypotheses; ++drawn) {
    float x, y;
    const int64_t a = draw(random, votes.count), b = draw(random, votes.count);
    if (!intersect(votes, a, b, x, y)) continue;
    ++tried;
    if (few.count < votes.count) {
      promising.push_back({x, y, count_agreeing(few, x, y, cos2, near2, -1)});
      continue;
    }
    const int64_t agreeing = count_agreeing(votes, x, y, cos2, near2, best);
    if (agreeing > best) best = agreeing, best_x = x, best_y = y;
  }
  const size_t asked = std::min(kSecondLook, promising.size());
  const auto better = [](const Hypothesis& a, const Hypothesis& b) { return a.agreeing > b.agreeing; };
  std::stable_sort(promising.begin(), promising.end(), better);
  for (size_t i = 0; i < asked; ++i) {
    const int64_t agreeing = count_agreeing(votes, promising[i].x, promising[i].y, cos2, near2, best);
    if (agreeing > best) best = agreeing, best_x = promising[i].x, best_y = promising[i].y;
  }
  return tried > 0;
}

// Sums over the votes that pass (x, y) within the circle.
struct Sums {
  float xx, xy, yy;      // of weight * normal * normal'
  float x, y;            // of weight * normal * distance
  float square, number;  // of weighted squares of the angles; of votes
};

GEOLOC_CLONES Sums weighted_sums(const Votes& votes, float x, float y, float circle, float near2, float spread2) {
  Floats xx = {}, xy = {}, yy = {}, sx = {}, sy = {}, square = {}, number = {};
  for (int64_t i = 0; i < votes.count; i += kLanes) {
    Floats at_x, at_y, right, down;
    load(votes.x + i, at_x), load(votes.y + i, at_y), load(votes.right + i, right), load(votes.down + i, down);
    const Floats to_x = x - at_x, to_y = y - at_y;
    const Floats ahead = to_x * right + to_y * down;
    const Floats aside = to_y * right - to_x * down;  // distance of (x, y) from the line, along its normal
    // A direction is known to `spread`: the further away, the more that is. Nearer than `near` it is no worse.
    const Floats variance = near2 + to_x * to_x + to_y * to_y;
    const Floats aside2 = aside * aside;
    const Ints within = (aside2 <= circle * circle) & (ahead >= -circle) & (variance < kNowhere);
    const Floats one = within ? Floats{} + 1.0f : Floats{};
    // (kFreedom + 1) / (kFreedom + aside2 / (variance * spread2)) / variance, in one division.
    const Floats weight = (one * ((kFreedom + 1.0f) * spread2)) / (variance * (kFreedom * spread2) + aside2);
    xx += weight * down * down;
    xy -= weight * down * right;
    yy += weight * right * right;
    sx -= weight * down * aside;
    sy += weight * right * aside;
    square += weight * aside2;
    number += one;
  }
  return {sum_of(xx), sum_of(xy), sum_of(yy), sum_of(sx), sum_of(sy), sum_of(square), sum_of(number)};
}

// Covariance of the intersection, its axes kept between what can be known at best and at worst.
void bound_covariance(const Sums& sums, double spread2, double covariance[3]) {
  const double mean = 0.5 * (sums.xx + sums.yy), half = 0.5 * (sums.xx - sums.yy);
  const double radius = std::hypot(half, static_cast<double>(sums.xy));
  // Variances along and across the axis that is known best.
  const double least = kLeastSigma * kLeastSigma, most = kMostSigma * kMostSigma;
  const double along = std::clamp(spread2 / std::max(mean + radius, 1e-12), least, most);
  const double across = std::clamp(spread2 / std::max(mean - radius, 1e-12), least, most);
  const double c = radius > 0.0 ? half / radius : 1.0, s = radius > 0.0 ? sums.xy / radius : 0.0;
  const double middle = 0.5 * (along + across), apart = 0.5 * (along - across);
  covariance[0] = middle + apart * c;
  covariance[1] = apart * s;
  covariance[2] = middle - apart * c;
}

// Expectation and maximisation in turns: how much each vote counts, by a t distribution about the lines' intersection;
// then the point nearest to all lines, and the spread of the directions. False where too few votes pass by.
bool refine(const Votes& votes, const Settings& settings, float x, float y, Found& found) {
  const float near2 = settings.stride * settings.stride;
  double spread2 = 1.0 - static_cast<double>(settings.inlier_cos) * settings.inlier_cos;
  for (int32_t iteration = 0;; ++iteration) {
    const Sums sums = weighted_sums(votes, x, y, settings.circle, near2, static_cast<float>(spread2));
    if (sums.number < 2.0f) return false;
    spread2 = std::max(static_cast<double>(sums.square) / sums.number, kLeastSpread * kLeastSpread);
    bound_covariance(sums, spread2, found.covariance);
    // As many votes more as would know the place to kMostSigma: nearly parallel ones shall not carry it away.
    const double prior = spread2 / (kMostSigma * kMostSigma);
    const double xx = sums.xx + prior, yy = sums.yy + prior, xy = sums.xy;
    const double determinant = xx * yy - xy * xy;
    if (iteration >= settings.max_iterations || !(determinant > 0.0)) break;
    const double step_x = (yy * sums.x - xy * sums.y) / determinant;
    const double step_y = (xx * sums.y - xy * sums.x) / determinant;
    x -= static_cast<float>(step_x);
    y -= static_cast<float>(step_y);
    if (step_x * step_x + step_y * step_y < 1e-4) break;
  }
  found.x = x;
  found.y = y;
  return true;
}

}  // namespace

// The landmarks of an image, those of least label first; returns how many, K. Votes of zero length count for nobody.
//
// label (height, width): 0 or less is none, below `num_labels`. direction: element [row * row_step + column *
// column_step + axis * axis_step], axis 0 right, 1 down. out_*: (most,), (most, 2), (most,), (most, 2, 2), where `most`
// is at least the number of labels with `least_votes` cells. A landmark draws the same numbers whatever else is there.
extern "C" int32_t geoloc_vote(const int32_t* label, int32_t height, int32_t width, const float* direction,
                               int64_t row_step, int64_t column_step, int64_t axis_step, float stride,
                               int32_t num_labels, int32_t least_votes, int32_t hypotheses, float inlier_cos,
                               float circle, int32_t max_iterations, int32_t least_inliers, uint64_t seed,
                               int32_t* out_landmark, double* out_pixel, int32_t* out_votes, double* out_covariance) {
  const int64_t cells = static_cast<int64_t>(height) * width;
  std::vector<int64_t> start(static_cast<size_t>(num_labels) + 1, 0);
  for (int64_t i = 0; i < cells; ++i) {
    if (label[i] > 0) ++start[label[i]];
  }
  // Votes of a landmark lie together, each landmark's at a multiple of kLanes.
  int64_t total = 0;
  for (int32_t k = 0; k < num_labels; ++k) {
    const int64_t size = start[k];
    start[k] = total;
    total += (size + kLanes - 1) / kLanes * kLanes;
  }
  const Settings settings{stride, hypotheses, inlier_cos, circle, stride / 8.0f, max_iterations};
  // A vote far away without a direction agrees with nothing and weighs nothing.
  std::vector<float> column(4 * static_cast<size_t>(total), 0.0f);
  float *x = column.data(), *y = x + total, *right = y + total, *down = right + total;
  std::fill(x, x + total, 1e9f);
  std::vector<int64_t> end(start.begin(), start.end() - 1);
  for (int32_t row = 0; row < height; ++row) {
    for (int32_t column_number = 0; column_number < width; ++column_number) {
      const int32_t k = label[static_cast<int64_t>(row) * width + column_number];
      if (k <= 0) continue;
      const float* vote = direction + row * row_step + column_number * column_step;
      const float to_right = vote[0], to_down = vote[axis_step];
      const float length = std::sqrt(to_right * to_right + to_down * to_down);
      if (!(length > 1e-6f) || !(length < 1e6f)) continue;
      const int64_t at = end[k]++;
      x[at] = (static_cast<float>(column_number) + 0.5f) * stride;
      y[at] = (static_cast<float>(row) + 0.5f) * stride;
      right[at] = to_right / length;
      down[at] = to_down / length;
    }
  }
  int32_t found_count = 0;
  for (int32_t k = 1; k < num_labels; ++k) {
    const int64_t first = start[k], count = end[k] - first;
    if (count < std::max(least_votes, 2)) continue;
    uint64_t random = seed ^ (static_cast<uint64_t>(k) * 0xd1342543de82ef95ull);
    // Shuffled, so that the first of them speak for all.
    for (int64_t i = count - 1; i > 0; --i) {
      const int64_t a = first + i, b = first + draw(random, i + 1);
      std::swap(x[a], x[b]), std::swap(y[a], y[b]), std::swap(right[a], right[b]), std::swap(down[a], down[b]);
    }
    const Votes votes{x + first, y + first, right + first, down + first, count};
    float at_x = 0.0f, at_y = 0.0f;
    Found found{};
    if (!best_intersection(votes, settings, random, at_x, at_y)) continue;
    if (!refine(votes, settings, at_x, at_y, found)) continue;
    const float cos2 = inlier_cos * inlier_cos, near2 = settings.near * settings.near;
    found.votes = static_cast<int32_t>(
        count_agreeing(votes, static_cast<float>(found.x), static_cast<float>(found.y), cos2, near2, -1));
    if (found.votes < least_inliers) continue;
    out_landmark[found_count] = k;
    out_pixel[2 * found_count] = found.x;
    out_pixel[2 * found_count + 1] = found.y;
    out_votes[found_count] = found.votes;
    double* covariance = out_covariance + 4 * static_cast<int64_t>(found_count);
    covariance[0] = found.covariance[0];
    covariance[1] = covariance[2] = found.covariance[1];
    covariance[3] = found.covariance[2];
    ++found_count;
  }
  return found_count;
}
