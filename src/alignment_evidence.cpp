// How well the scans fit the map where they were laid.

#include <algorithm>
#include <cmath>

#include "alignment.hpp"

namespace geoloc::alignment {
namespace {

// Logarithms of p(what is observed | what the map shows) / p(what is observed), of hits and of open view.
constexpr double kHitWall = 0.10, kHitOpen = -0.68, kOpenWall = -0.35, kOpenOpen = 0.85;
constexpr double kEvidenceSigma = 0.12, kEvidenceInlier = 0.7, kEvidenceExponent = 0.7, kEvidenceFloor = 3.0;
constexpr double kFitting = 0.2;  // of the logarithm of a range

double tempered(double total, int32_t rays, double toll) {
  if (rays == 0) return 0.0;
  return std::max(total * std::pow(static_cast<double>(rays), -kEvidenceExponent) - toll, -kEvidenceFloor);
}

}  // namespace

void Alignment::weigh(double depth, double& log_ratio, double& inlier_ratio) {
  struct Sum {
    double total;
    int32_t rays;
  };
  std::vector<Sum> walls;
  int64_t fitting = 0;
  log_ratio = 0.0;
  for (int32_t f = 0; f < scans_.nodes; ++f) {
    Sum open{};
    for (int32_t k = 0; k < scans_.rays; ++k) {
      const size_t n = at(f, k);
      if (!scans_.observed[n]) continue;
      const double seen = scans_.log_range[n];
      const bool is_hit = seen == seen;
      if (instance_[n] < 0) {
        open.total += is_hit ? kHitOpen : kOpenOpen;
        ++open.rays;
        continue;
      }
      const size_t number = static_cast<size_t>(number_of(instance_[n]));
      if (number >= walls.size()) walls.resize(number + 1);
      ++walls[number].rays;
      walls[number].total += is_hit ? kHitWall : kOpenWall;
      if (!is_hit) continue;
      const double e = seen - fast_log(range_[n]) - depth - buildings_[number].own[0], unit = e / kEvidenceSigma;
      const double fits = 1.0 / (kTurn / 2.0 * kEvidenceSigma * (1.0 + unit * unit));
      walls[number].total += fast_log(kEvidenceInlier * fits * over_background_[n] + 1.0 - kEvidenceInlier);
      fitting += std::abs(e) < kFitting;
    }
    log_ratio += tempered(open.total, open.rays, 0.0);
  }
  for (size_t number = 0; number < walls.size(); ++number) {
    const double unit = buildings_[number].own[0] / model_.depth_sigma;
    const double toll = 0.5 * (kDepthFreedom + 1.0) * std::log1p(unit * unit / kDepthFreedom);
    log_ratio += tempered(walls[number].total, walls[number].rays, toll);
  }
  inlier_ratio = static_cast<double>(fitting) / std::max<double>(1.0, static_cast<double>(hits_));
}

double Alignment::middle() {
  if (rows_.empty()) return 0.0;
  std::vector<double> residuals;
  residuals.reserve(rows_.size());
  for (const Row& row : rows_) residuals.push_back(row.e);
  const auto half = residuals.begin() + static_cast<std::ptrdiff_t>(residuals.size() / 2);
  std::nth_element(residuals.begin(), half, residuals.end());
  return *half;
}

void Alignment::find_background() {
  double mean = 0.0, squares = 0.0;
  const size_t size = range_.size();
  for (size_t n = 0; n < size; ++n) {
    const double seen = scans_.log_range[n];
    if (!(seen == seen)) continue;
    mean += seen;
    squares += seen * seen;
    ++hits_;
  }
  const double many = std::max<double>(1.0, static_cast<double>(hits_));
  mean /= many;
  const double spread = std::max(0.3, std::sqrt(std::max(0.0, squares / many - mean * mean)));
  over_background_.resize(size);
  for (size_t n = 0; n < size; ++n) {
    const double off = (scans_.log_range[n] - mean) / spread;
    over_background_[n] = 1.0 / std::max(std::exp(-0.5 * off * off) / (spread * std::sqrt(kTurn)), 1e-3);
  }
}

}  // namespace geoloc::alignment
