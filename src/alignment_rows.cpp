// What is compared: the range of each ray with the wall there, and the borders between buildings.

#include <algorithm>
#include <cmath>
#include <limits>

#include "alignment.hpp"

extern "C" int geoloc_scene_cast(const void* scene, const double* poses, int64_t size, int32_t num_rays,
                                 double max_range, int32_t num_threads, int32_t max_variant, float* range,
                                 int32_t* instance);

namespace geoloc::alignment {
namespace {

constexpr double kRunExponent = 0.85;
constexpr double kEdgeClutter = 8.0, kEdgeGate = 0.35, kEdgeWeight = 0.5;
constexpr double kSteepest = 6.0;  // d ln(range) / d angle: a wall seen at ten degrees or less says little

}  // namespace

Alignment::Alignment(const void* scene, const Scans& scans, const Fixes& fixes, const Model& model,
                     const double* prior_mean, const double* prior_information)
    : scene_(scene), scans_(scans), fixes_(fixes), model_(model), mean_(prior_mean), information_(prior_information) {
  const size_t rays = static_cast<size_t>(scans.rays), size = static_cast<size_t>(scans.nodes) * rays;
  range_.resize(size);
  instance_.resize(size);
  inverse_.resize(rays);
  by_angle_.resize(rays);
  slope_.resize(rays);
  number_of_ray_.resize(rays);
  edges_.resize(static_cast<size_t>(scans.nodes));
  const double per_ray = kTurn / scans.rays;
  for (int32_t k = 0; k < scans.rays; ++k) {
    cosine_.push_back(std::cos(k * per_ray));
    sine_.push_back(std::sin(k * per_ray));
    run_weight_.push_back(std::pow(k + 1.0, -kRunExponent));
  }
  for (int32_t f = 0; f < scans.nodes; ++f) {
    for (int32_t k = 0; k < scans.rays; ++k) {
      const size_t now = at(f, k), before = at(f, k == 0 ? scans.rays - 1 : k - 1);
      if (scans.observed[now] && scans.observed[before] && scans.instance[now] != scans.instance[before])
        edges_[static_cast<size_t>(f)].push_back((k - 0.5) * per_ray);
    }
  }
  find_background();
}

void Alignment::look(const State& state, bool with_edges) {
  nodes_ = place(scans_, state);
  std::vector<double> poses;
  for (const Node& node : nodes_) poses.insert(poses.end(), {node.x, node.y, node.yaw + state[kCamera]});
  geoloc_scene_cast(scene_, poses.data(), scans_.nodes, scans_.rays, model_.max_range, 1, 2, range_.data(),
                    instance_.data());
  rows_.clear();
  cells_.clear();
  std::fill(cell_of_.begin(), cell_of_.end(), -1);
  for (int32_t f = 0; f < scans_.nodes; ++f) {
    add_rays(f, state);
    if (with_edges) add_edges(f, state);
  }
}

void Alignment::find_slopes(int32_t f) {
  const int32_t rays = scans_.rays;
  const double c = cosine_[1], s = sine_[1], nothing = std::numeric_limits<double>::quiet_NaN();
  const float* range = &range_[at(f, 0)];
  const int32_t* instance = &instance_[at(f, 0)];
  double *inverse = inverse_.data(), *by_angle = by_angle_.data();
  for (int32_t k = 0; k < rays; ++k) inverse[k] = instance[k] < 0 ? nothing : 1.0 / range[k];
  const auto before = [&](int32_t k) { return k == 0 ? rays - 1 : k - 1; };
  const auto after = [&](int32_t k) { return k + 1 == rays ? 0 : k + 1; };
  for (int32_t k = 0; k < rays; ++k) {
    const int32_t left = after(k), right = before(k);
    const bool is_one = instance[k] == instance[left] && instance[k] == instance[right];
    const double bend = std::abs(inverse[left] + inverse[right] - 2.0 * c * inverse[k]);
    const bool is_flat = bend < 2e-4 * std::max(inverse[k], 0.02);
    by_angle[k] = is_one && is_flat ? (inverse[left] - inverse[right]) / (2.0 * s) : nothing;
  }
  for (int32_t k = 0; k < rays; ++k) {
    double d = by_angle[k];
    for (const int side : {1, -1}) {
      if (d == d) break;
      const int32_t j = side > 0 ? after(k) : before(k);
      const double expected = inverse[j] * c - side * by_angle[j] * s;
      if (instance[k] == instance[j] && std::abs(expected - inverse[k]) < 1e-3 * inverse[k])
        d = by_angle[j] * c + side * inverse[j] * s;
    }
    slope_[static_cast<size_t>(k)] = -d / inverse[k];
  }
}

void Alignment::add_rays(int32_t f, const State& state) {
  find_slopes(f);
  const double yaw = nodes_[static_cast<size_t>(f)].yaw + state[kCamera];
  const double cos_yaw = std::cos(yaw), sin_yaw = std::sin(yaw);
  for (int32_t k = 0; k < scans_.rays; ++k) {
    const size_t ray = static_cast<size_t>(k);
    const double seen = scans_.log_range[at(f, k)], slope = slope_[ray];
    number_of_ray_[ray] = -1;
    if (!(std::abs(slope) < kSteepest) || !(seen == seen)) continue;
    const int32_t number = number_of(instance_[at(f, k)]);
    number_of_ray_[ray] = number;
    if (static_cast<size_t>(number) >= count_.size()) count_.resize(static_cast<size_t>(number) + 1, 0);
    ++count_[static_cast<size_t>(number)];
    const double c = cos_yaw * cosine_[ray] - sin_yaw * sine_[ray], s = sin_yaw * cosine_[ray] + cos_yaw * sine_[ray];
    const double near = inverse_[ray];
    rows_.push_back({seen - fast_log(range_[at(f, k)]) - state[kDepth],
                     {(-c - slope * s) * near, (-s + slope * c) * near, slope}, 0.0, cell_of(f, number), false});
  }
  size_t row = rows_.size();
  for (int32_t k = scans_.rays - 1; k >= 0; --k) {
    const int32_t number = number_of_ray_[static_cast<size_t>(k)];
    if (number < 0) continue;
    const int32_t many = count_[static_cast<size_t>(number)];
    rows_[--row].base = run_weight_[static_cast<size_t>(many - 1)] / square(model_.ray_sigma);
  }
  std::fill(count_.begin(), count_.end(), 0);
}

void Alignment::add_edges(int32_t f, const State& state) {
  const std::vector<double>& seen = edges_[static_cast<size_t>(f)];
  if (seen.empty()) return;
  const double yaw = nodes_[static_cast<size_t>(f)].yaw + state[kCamera], per_ray = kTurn / scans_.rays;
  for (int32_t k = 0; k < scans_.rays; ++k) {
    const size_t now = at(f, k), before = at(f, k == 0 ? scans_.rays - 1 : k - 1);
    if (instance_[now] == instance_[before]) continue;
    const bool is_now = instance_[before] < 0 || (instance_[now] >= 0 && range_[now] < range_[before]);
    const size_t near = is_now ? now : before;
    const double r = range_[near], angle = (k - 0.5) * per_ray;
    const double vx = -std::sin(yaw + angle) / r, vy = std::cos(yaw + angle) / r;
    const int32_t number = number_of(instance_[near]);
    const double* own = buildings_[static_cast<size_t>(number)].own;
    const double moved = std::clamp(vx * own[1] + vy * own[2], -1.0, 1.0);
    double nearest = std::numeric_limits<double>::infinity();
    for (const double other : seen) {
      double away = other - angle - moved;
      while (away > kTurn / 2.0) away -= kTurn;
      while (away < -kTurn / 2.0) away += kTurn;
      if (std::abs(away) < std::abs(nearest)) nearest = away;
    }
    if (!(std::abs(nearest) < kEdgeGate)) continue;
    const double unit = nearest / model_.edge_sigma;
    const double density = std::exp(-0.5 * unit * unit) / (model_.edge_sigma * std::sqrt(kTurn));
    const double weight = kEdgeWeight * density / (density + kEdgeClutter);
    rows_.push_back({nearest + moved, {-vx, -vy, -1.0}, weight / square(model_.edge_sigma), cell_of(f, number), true});
  }
}

}  // namespace geoloc::alignment
