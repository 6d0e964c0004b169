// From a label image and depth to what each ray of a scan saw. See geoloc_ros/scan/observe.py.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace {

constexpr float kPi = 3.14159265358979f;
constexpr uint8_t kBuilding = 1, kSky = 5, kRoad = 3, kPavement = 4;

// atan2 within 1e-5 rad, ten times faster than the library's: a bin is 1000 times wider.
float fast_atan2(float y, float x) {
  const float ax = std::fabs(x), ay = std::fabs(y);
  const float big = std::max(ax, ay), small = std::min(ax, ay);
  const float a = small / (big + 1e-30f), s = a * a;
  float angle =
      a * (0.99997726f + s * (-0.33262347f + s * (0.19354346f + s * (-0.11643287f + s * (0.05265332f - s * 0.01172120f)))));
  if (ay > ax) angle = 0.5f * kPi - angle;
  if (x < 0.0f) angle = kPi - angle;
  return y < 0.0f ? -angle : angle;
}

// The ray whose bin holds the direction (x, y); bin k is centred on ray k.
int bin_of(float x, float y, int num_rays) {
  const float turn = fast_atan2(y, x) * (static_cast<float>(num_rays) / (2.0f * kPi));
  int bin = static_cast<int>(std::floor(turn + 0.5f));
  if (bin < 0) bin += num_rays;
  return bin >= num_rays ? bin - num_rays : bin;
}

struct Rays {
  std::vector<float> across, ahead, row_down, row_scale;  // direction = (across * scale, down, ahead * scale)

  Rays(int model, int width, int height, float fx, float fy, float cx, float cy)
      : across(width), ahead(width), row_down(height), row_scale(height) {
    const bool pinhole = model == 0;
    for (int u = 0; u < width; ++u) {
      const float right = (static_cast<float>(u) + 0.5f - cx) / fx;
      across[u] = pinhole ? right : std::sin(right);
      ahead[u] = pinhole ? 1.0f : std::cos(right);
    }
    for (int v = 0; v < height; ++v) {
      const float down = (static_cast<float>(v) + 0.5f - cy) / fy;
      row_down[v] = pinhole ? down : std::sin(down);
      row_scale[v] = pinhole ? 1.0f : std::cos(down);
    }
  }
};

}  // namespace

extern "C" {

// Every building pixel with a point between the heights and within reach becomes a sample; returns how many.
// rotation (9,), translation (3,): level frame (z up from the ground) from the optical frame. model: 0 pinhole, 1
// equirectangular. instances may be null. sample_* must hold as many entries as there are building pixels.
// lost (num_rays,): building pixels of that direction near the horizon whose depth is missing.
// seen_open, seen_blocked (num_rays,): other pixels near the horizon that show open view or something that hides it.
int64_t geoloc_observe_pixels(int model, int width, int height, float fx, float fy, float cx, float cy,
                              const float* rotation, const float* translation, const uint8_t* labels,
                              const float* depth, const uint16_t* instances, int num_rays, float min_height,
                              float max_height, float max_range, float min_sine, float max_sine, int32_t* sample_ray,
                              float* sample_range, int32_t* sample_instance, int32_t* lost, int32_t* far_away,
                              int32_t* seen_open, int32_t* seen_blocked) {
  const Rays rays(model, width, height, fx, fy, cx, cy);
  const float* r = rotation;
  const float* t = translation;
  int64_t samples = 0;
  for (int k = 0; k < num_rays; ++k) lost[k] = far_away[k] = seen_open[k] = seen_blocked[k] = 0;
  std::vector<float> sine(width);
  for (int v = 0; v < height; ++v) {
    const float scale = rays.row_scale[v], y = rays.row_down[v];
    float lowest = 2.0f, highest = -2.0f;
    for (int u = 0; u < width; ++u) {
      const float x = rays.across[u] * scale, z = rays.ahead[u] * scale;
      const float up = r[6] * x + r[7] * y + r[8] * z;
      sine[u] = up / std::sqrt(x * x + y * y + z * z);
      lowest = std::min(lowest, sine[u]);
      highest = std::max(highest, sine[u]);
    }
    const bool near_horizon = highest >= min_sine && lowest <= max_sine;
    for (int u = 0; u < width; ++u) {
      const int64_t pixel = static_cast<int64_t>(v) * width + u;
      const uint8_t label = labels[pixel];
      const bool votes = near_horizon && sine[u] >= min_sine && sine[u] <= max_sine;
      if (label != kBuilding && !votes) continue;
      const float x = rays.across[u] * scale, z = rays.ahead[u] * scale;
      const float dx = r[0] * x + r[1] * y + r[2] * z, dy = r[3] * x + r[4] * y + r[5] * z;
      if (label != kBuilding) {
        const int ray = bin_of(dx, dy, num_rays);
        ++(label == kSky || label == kRoad || label == kPavement ? seen_open : seen_blocked)[ray];
        continue;
      }
      const float d = depth[pixel];
      if (!(d > 0.0f && d < 1e6f)) {
        if (votes) ++lost[bin_of(dx, dy, num_rays)];
        continue;
      }
      const float px = dx * d + t[0], py = dy * d + t[1];
      const float up = (r[6] * x + r[7] * y + r[8] * z) * d + t[2];
      if (up < min_height || up > max_height) continue;
      const float range = std::sqrt(px * px + py * py);
      const int ray = bin_of(px, py, num_rays);
      if (range > max_range) {
        if (votes) ++far_away[ray];
        continue;
      }
      sample_ray[samples] = ray;
      sample_range[samples] = range;
      sample_instance[samples] = instances ? instances[pixel] : 0;
      ++samples;
    }
  }
  return samples;
}

// Per ray the `quantile` of its samples' ranges, and the most common instance among the samples about that far away
// (the smaller number where two are as common). NaN and -1 where there are fewer than `min_samples`.
void geoloc_observe_reduce(int64_t samples, const int32_t* sample_ray, const float* sample_range,
                           const int32_t* sample_instance, int num_rays, float quantile, int min_samples,
                           float* range, int32_t* instance) {
  std::vector<int64_t> start(num_rays + 1, 0);
  for (int64_t i = 0; i < samples; ++i) ++start[sample_ray[i] + 1];
  for (int k = 0; k < num_rays; ++k) start[k + 1] += start[k];
  std::vector<int64_t> fill(start.begin(), start.end() - 1);
  std::vector<float> sorted_range(samples), scratch;
  std::vector<int32_t> sorted_instance(samples), near;
  for (int64_t i = 0; i < samples; ++i) {
    const int64_t place = fill[sample_ray[i]]++;
    sorted_range[place] = sample_range[i];
    sorted_instance[place] = sample_instance[i];
  }
  for (int k = 0; k < num_rays; ++k) {
    const int64_t first = start[k], end = start[k + 1], count = end - first;
    range[k] = NAN;
    instance[k] = -1;
    if (count < std::max(1, min_samples)) continue;
    scratch.assign(sorted_range.begin() + first, sorted_range.begin() + end);
    const auto rank = static_cast<int64_t>(quantile * static_cast<float>(count - 1) + 0.5f);
    std::nth_element(scratch.begin(), scratch.begin() + rank, scratch.end());
    range[k] = scratch[rank];
    const float nearest = 0.9f * range[k] - 0.5f, farthest = 1.25f * range[k] + 0.5f;
    near.clear();
    for (int64_t i = first; i < end; ++i) {
      if (sorted_range[i] >= nearest && sorted_range[i] <= farthest) near.push_back(sorted_instance[i]);
    }
    std::sort(near.begin(), near.end());
    std::size_t best = 0;
    for (std::size_t i = 0; i < near.size();) {
      std::size_t j = i;
      while (j < near.size() && near[j] == near[i]) ++j;
      if (j - i > best) {
        best = j - i;
        instance[k] = near[i];
      }
      i = j;
    }
    scratch.clear();
    for (int64_t i = first; i < end; ++i) {
      const bool same = sorted_instance[i] == instance[k];
      if (same && sorted_range[i] >= nearest && sorted_range[i] <= farthest) scratch.push_back(sorted_range[i]);
    }
    std::nth_element(scratch.begin(), scratch.begin() + scratch.size() / 2, scratch.end());
    range[k] = scratch[scratch.size() / 2];
  }
}

}  // extern "C"
