// What was seen of buildings, ray by ray, and what that says about each ray. See observe.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace geoloc {

// Building points of one source, and how many of them each ray has.
struct Samples {
  std::vector<uint16_t> ray;
  std::vector<float> range;
  std::vector<int32_t> instance;
  std::vector<int64_t> per_ray;
  int64_t count = 0;

  void clear(int num_rays) {
    count = 0;
    per_ray.assign(num_rays, 0);
  }

  void reserve(int64_t more) {
    if (count + more <= static_cast<int64_t>(ray.size())) return;
    const int64_t size = 2 * (count + more);
    ray.resize(size);
    range.resize(size);
    instance.resize(size);
  }
};

// Samples of one ray, sorted out.
class RayReducer {
 public:
  RayReducer(float quantile, std::vector<float>& values) : quantile_(quantile), values_(values) {}

  // Of very many samples every `step`th is looked at: they come row by row, so those are spread over all of the ray.
  void run(const float* range, const int32_t* instance, int64_t count, int min_samples) {
    const int64_t step = std::max<int64_t>(1, count / kEnough);
    values_.clear();
    for (int64_t i = 0; i < count; i += step) values_.push_back(range[i]);
    const float about = value_of_rank(quantile_ * static_cast<float>(values_.size() - 1) + 0.5f);
    const float nearest = 0.9f * about - 0.5f, farthest = 1.25f * about + 0.5f;
    buildings_.clear();
    for (int64_t i = 0; i < count; i += step) {
      if (range[i] >= nearest && range[i] <= farthest) building_of(instance[i]).count += step;
    }
    choose(min_samples);
    values_.clear();
    for (int64_t i = 0; i < count; i += step) {
      if (instance[i] == best && range[i] >= nearest && range[i] <= farthest) values_.push_back(range[i]);
    }
    median = value_of_rank(static_cast<float>(values_.size() / 2));
  }

  float median = 0.0f;
  int32_t best = 0;    // most common building at the surface, the smaller number where two are as common
  int32_t rival = -1;  // most common one of another camera there, -1 if none has enough points

 private:
  static constexpr int64_t kEnough = 256;

  struct Building {
    int32_t instance;
    int64_t count;
  };

  float value_of_rank(float rank) {
    const auto place = values_.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(values_.begin(), place, values_.end());
    return *place;
  }

  Building& building_of(int32_t instance) {
    if (last_ < buildings_.size() && buildings_[last_].instance == instance) return buildings_[last_];
    for (last_ = 0; last_ < buildings_.size(); ++last_) {
      if (buildings_[last_].instance == instance) return buildings_[last_];
    }
    buildings_.push_back({instance, 0});
    return buildings_.back();
  }

  void choose(int min_samples) {
    const auto is_better = [](const Building& one, const Building& other) {
      return one.count > other.count || (one.count == other.count && one.instance < other.instance);
    };
    Building first{0, 0}, second{-1, 0};
    for (const Building& building : buildings_) {
      if (is_better(building, first)) first = building;
    }
    for (const Building& building : buildings_) {
      const bool is_other = building.instance && building.instance >> 16 != first.instance >> 16;
      if (is_other && building.count >= min_samples && is_better(building, second)) second = building;
    }
    best = first.instance;
    rival = best ? second.instance : -1;
  }

  const float quantile_;
  std::vector<float>& values_;
  std::vector<Building> buildings_;
  std::size_t last_ = 0;
};

// Sorts samples by ray.
class Sorter {
 public:
  // Rays that no better source has found anything on, those with a negative instance, are taken from `samples`.
  void reduce(const Samples& samples, float quantile, int min_samples, float* range, int32_t* instance,
              int32_t* rival) {
    if (samples.count == 0) return;
    sort(samples);
    RayReducer reducer(quantile, values_);
    for (std::size_t k = 0; k < samples.per_ray.size(); ++k) {
      const int64_t first = start_[k], count = samples.per_ray[k];
      if (instance[k] >= 0 || count < std::max(1, min_samples)) continue;
      reducer.run(range_.data() + first, instance_.data() + first, count, min_samples);
      range[k] = reducer.median;
      instance[k] = reducer.best;
      rival[k] = reducer.rival;
    }
  }

 private:
  void sort(const Samples& samples) {
    start_.assign(samples.per_ray.size(), 0);
    for (std::size_t k = 1; k < start_.size(); ++k) start_[k] = start_[k - 1] + samples.per_ray[k - 1];
    next_ = start_;
    if (static_cast<int64_t>(range_.size()) < samples.count) {
      range_.resize(samples.range.size());
      instance_.resize(samples.range.size());
    }
    for (int64_t i = 0; i < samples.count; ++i) {
      const int64_t place = next_[samples.ray[i]]++;
      range_[place] = samples.range[i];
      instance_[place] = samples.instance[i];
    }
  }

  std::vector<float> range_, values_;
  std::vector<int32_t> instance_;
  std::vector<int64_t> start_, next_;
};

}  // namespace geoloc
