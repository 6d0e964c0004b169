// One alignment of scans with walls: what its parts share. See alignment.cpp.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <unordered_map>
#include <vector>

namespace geoloc::alignment {

constexpr int kState = 8;  // x, y, yaw, log scale of odometry, yaw drift, its change, camera yaw, log scale of depth
constexpr int kPath = 6;   // of them move the nodes
constexpr int kCamera = 6, kDepth = 7;
constexpr int kLocal = 4;  // what one ray depends on: x, y and yaw of its node, log scale of depth
constexpr int kOwn = 3;    // of a building: log factor of depth, offset x, y
constexpr double kTurn = 6.283185307179586;
constexpr double kDepthFreedom = 4.0;

using State = std::array<double, kState>;
using Square = std::array<std::array<double, kState>, kState>;

struct Model {  // as _model() in localization/alignment/aligner.py
  double max_range, ray_sigma, depth_sigma, offset_sigma, edge_sigma;
};

struct Scans {
  int32_t nodes, rays;
  const double* motion;     // (nodes, 4): x, y, yaw of odometry relative to the newest, seconds
  const float* log_range;   // (nodes, rays), NaN where nothing was hit
  const int32_t* instance;  // (nodes, rays)
  const uint8_t* observed;  // (nodes, rays)
};

// Where somebody else says a node is; what is wrong with all of them is common.
struct Fixes {
  int32_t size;
  const int32_t* node;
  const double* position;     // (size, 2)
  const double* information;  // (size, 3): xx, xy, yy
};

struct Node {
  double x, y, yaw;
  double jacobian[3][kPath];  // of x, y, yaw
};

// Natural logarithm of a positive finite number, right to 3e-7: a look takes thousands, and no residual is so exact.
inline double fast_log(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  // A mantissa from sqrt(1/2) to sqrt(2), so that the series is short on both sides.
  const int64_t exponent = static_cast<int64_t>((bits - 0x3fe6a09e667f3bcdULL) >> 52) << 52 >> 52;
  bits -= static_cast<uint64_t>(exponent) << 52;
  double mantissa;
  std::memcpy(&mantissa, &bits, sizeof bits);
  const double t = (mantissa - 1.0) / (mantissa + 1.0), t2 = t * t;
  return static_cast<double>(exponent) * 0.6931471805599453 +
         2.0 * t * (1.0 + t2 * (1.0 / 3.0 + t2 * (1.0 / 5.0 + t2 * (1.0 / 7.0))));
}

inline double square(double value) { return value * value; }

inline double wrap(double angle) { return std::remainder(angle, kTurn); }

// What one building adds in one node: sums over its rays and edges.
struct Cell {
  int32_t node, building;
  double square[kLocal][kLocal], right[kLocal];
};

// One ray or edge: its residual is e - d (x, y, yaw, depth) - what its building adds; depth counts for rays alone.
struct Row {
  double e, d[3], base;
  int32_t cell;
  bool is_edge;
};

struct Building {
  double own[kOwn];
  double cross[kState][kOwn], square[kOwn][kOwn], right[kOwn];
  int32_t cells;  // of it in all nodes
};

struct System {
  Square square;
  State right;
};

// Where the nodes are at a state (alignment_path.cpp).
std::vector<Node> place(const Scans& scans, const State& state);
bool invert3(const double (&m)[kOwn][kOwn], double (&out)[kOwn][kOwn]);
// Cholesky; false where the matrix is not positive definite.
bool solve(Square a, State& b);

class Alignment {
 public:
  Alignment(const void* scene, const Scans& scans, const Fixes& fixes, const Model& model, const double* prior_mean,
            const double* prior_information);

  // As new: no building has an offset or a factor.
  void forget() {
    buildings_.clear();
    number_.clear();
    last_id_ = -1;
    bias_[0] = bias_[1] = 0.0;
  }

  // In alignment_rows.cpp.
  // Casts the map at `state` and makes the rows. `with_edges`: of the edges too.
  void look(const State& state, bool with_edges);

  // In alignment_solver.cpp.
  // The normal equations of a step at the state looked from, buildings eliminated; their own values follow in settle().
  System build(const State& state);
  void settle(const State& step);
  // By how much the buildings disagree about the position, over what their weights say they would. Each is compared
  // with where the others alone would put it. `system` is what build() gave last; needs no settle().
  double disagreement(const System& system);

  // In alignment_evidence.cpp.
  // How much more likely the rays are here than where one knows nothing, in nats, and the share of hits that fit.
  // Rays of one building err together, so n of them count as n to 1 - kEvidenceExponent.
  void weigh(double depth, double& log_ratio, double& inlier_ratio);
  // The median residual of the rays, which knows no building; 0 where there are none.
  double middle();

  // As if looked with a log scale of depth that is larger by so much; for rays alone.
  void rescale(double more) {
    for (Row& row : rows_) row.e -= more;
  }

  void write(double* pose) const {
    for (const Node& node : nodes_) {
      *pose++ = node.x;
      *pose++ = node.y;
      *pose++ = wrap(node.yaw);
    }
  }

  int32_t num_buildings() const {
    int32_t n = 0;
    for (const auto& building : buildings_) n += building.cells > 0;
    return n;
  }

 private:
  size_t at(int32_t f, int32_t k) const { return static_cast<size_t>(f) * scans_.rays + static_cast<size_t>(k); }

  int32_t number_of(int32_t id) {
    if (id == last_id_) return last_number_;
    const auto [place, is_new] = number_.try_emplace(id, static_cast<int32_t>(buildings_.size()));
    if (is_new) buildings_.push_back({});
    last_id_ = id;
    last_number_ = place->second;
    return last_number_;
  }

  int32_t cell_of(int32_t node, int32_t number) {
    if (static_cast<size_t>(number) >= cell_of_.size()) cell_of_.resize(static_cast<size_t>(number) + 1, -1);
    int32_t& cell = cell_of_[static_cast<size_t>(number)];
    if (cell < 0 || cells_[static_cast<size_t>(cell)].node != node) {
      cell = static_cast<int32_t>(cells_.size());
      cells_.push_back({node, number, {}, {}});
    }
    return cell;
  }

  // One over the density of the logarithm of ranges in these scans at each of them.
  void find_background();
  // d ln(range) / d angle of each ray of a node, NaN where it is not clear. On one wall 1 / range is a sinusoid.
  void find_slopes(int32_t f);
  void add_rays(int32_t f, const State& state);
  void add_edges(int32_t f, const State& state);
  // The rows of each cell, weighed by how well they fit; those of edges are weighed already.
  void sum_rows();
  // All sums of buildings are nothing again; what was found out about them stays.
  void clear_sums();
  void accumulate(const Cell& cell, System& system);
  void eliminate(Building& building, System& system) const;
  // Fixes with a bias in common, which is as large as one of them is wrong, and is eliminated.
  void add_fixes(System& system);

  const void* scene_;
  const Scans scans_;
  const Fixes fixes_;
  const Model model_;
  const double *mean_, *information_;
  std::vector<float> range_;
  std::vector<int32_t> instance_;
  std::vector<double> cosine_, sine_, run_weight_, over_background_;  // of rays, of numbers of rays, of all rays
  int64_t hits_ = 0;
  std::vector<std::vector<double>> edges_;
  std::vector<Node> nodes_;
  std::vector<Row> rows_;
  std::vector<Cell> cells_;
  std::vector<Building> buildings_;
  std::vector<double> inverse_, by_angle_, slope_;  // of the rays of one node
  std::vector<int32_t> number_of_ray_, count_, cell_of_;
  int32_t last_id_ = -1, last_number_ = -1;
  std::unordered_map<int32_t, int32_t> number_;
  double bias_[2] = {0.0, 0.0};
};

}  // namespace geoloc::alignment
