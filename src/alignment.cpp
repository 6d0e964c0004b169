// Map-anchored bundle adjustment of the scans of one drive in two dimensions; see localization/alignment.py.
//
// The state is the pose of the newest node, the log scale and the yaw drift of odometry, the yaw of the camera on the
// vehicle, and the log scale of depth. Every building of the map errs by itself: a log factor of depth and an offset on
// the ground. These are random effects with priors, eliminated building by building, so that many rays of one building
// do not pretend to be independent. Rays and edges are weighed anew in every pass (iteratively reweighted least squares).

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <unordered_map>
#include <vector>

extern "C" int geoloc_scene_cast(const void* scene, const double* poses, int64_t size, int32_t num_rays,
                                 double max_range, int32_t num_threads, int32_t max_variant, float* range,
                                 int32_t* instance);

namespace {

constexpr int kState = 8;  // x, y, yaw, log scale of odometry, yaw drift, its change, camera yaw, log scale of depth
constexpr int kPath = 6;   // of them move the nodes
constexpr int kCamera = 6, kDepth = 7;
constexpr int kLocal = 4;  // what one ray depends on: x, y and yaw of its node, log scale of depth
constexpr int kOwn = 3;    // of a building: log factor of depth, offset x, y
constexpr double kTurn = 6.283185307179586;
constexpr double kRayFreedom = 0.5, kDepthFreedom = 4.0, kRunExponent = 0.85;
constexpr double kEdgeClutter = 8.0, kEdgeGate = 0.35, kEdgeWeight = 0.5;
constexpr double kFixFreedom = 4.0;
constexpr double kSteepest = 6.0;  // d ln(range) / d angle: a wall seen at ten degrees or less says little

// Logarithms of p(what is observed | what the map shows) / p(what is observed), of hits and of open view.
constexpr double kHitWall = 0.10, kHitOpen = -0.68, kOpenWall = -0.35, kOpenOpen = 0.85;
constexpr double kEvidenceSigma = 0.12, kEvidenceInlier = 0.7, kEvidenceExponent = 0.7, kEvidenceFloor = 3.0, kFitting = 0.2;

constexpr int32_t kFirstEdges = 2;
constexpr double kLongestStep = 4.0;

using State = std::array<double, kState>;
using Square = std::array<std::array<double, kState>, kState>;

struct Model {  // as _model() in localization/alignment.py
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

double square(double value) { return value * value; }

double wrap(double angle) { return std::remainder(angle, kTurn); }

std::vector<Node> place(const Scans& scans, const State& state) {
  std::vector<Node> nodes(static_cast<size_t>(scans.nodes));
  const double scale = std::exp(state[3]);
  double x = 0.0, y = 0.0, drift_x = 0.0, drift_y = 0.0, change_x = 0.0, change_y = 0.0;
  for (int32_t i = scans.nodes - 1; i >= 0; --i) {
    const double* here = scans.motion + 4 * i;
    if (i + 1 < scans.nodes) {
      const double* next = here + 4;
      const double when = 0.5 * (here[3] + next[3]), half = 0.5 * when * when;
      const double angle = state[2] + state[4] * when + state[5] * half;
      const double c = scale * std::cos(angle), s = scale * std::sin(angle);
      const double dx = c * (next[0] - here[0]) - s * (next[1] - here[1]);
      const double dy = s * (next[0] - here[0]) + c * (next[1] - here[1]);
      x -= dx;
      y -= dy;
      drift_x += dy * when;
      drift_y -= dx * when;
      change_x += dy * half;
      change_y -= dx * half;
    }
    Node& node = nodes[static_cast<size_t>(i)];
    const double half = 0.5 * here[3] * here[3];
    node = {state[0] + x, state[1] + y, state[2] + here[2] + state[4] * here[3] + state[5] * half, {}};
    const double rows[3][kPath] = {
        {1, 0, -y, x, drift_x, change_x}, {0, 1, x, y, drift_y, change_y}, {0, 0, 1, 0, here[3], half}};
    std::copy(&rows[0][0], &rows[0][0] + 3 * kPath, &node.jacobian[0][0]);
  }
  return nodes;
}

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

bool invert3(const double (&m)[3][3], double (&out)[3][3]) {
  const double a = m[1][1] * m[2][2] - m[1][2] * m[2][1], b = m[1][2] * m[2][0] - m[1][0] * m[2][2],
               c = m[1][0] * m[2][1] - m[1][1] * m[2][0];
  const double determinant = m[0][0] * a + m[0][1] * b + m[0][2] * c;
  if (!(std::abs(determinant) > 1e-300)) return false;
  const double k = 1.0 / determinant;
  const double rows[3][3] = {
      {a * k, (m[0][2] * m[2][1] - m[0][1] * m[2][2]) * k, (m[0][1] * m[1][2] - m[0][2] * m[1][1]) * k},
      {b * k, (m[0][0] * m[2][2] - m[0][2] * m[2][0]) * k, (m[0][2] * m[1][0] - m[0][0] * m[1][2]) * k},
      {c * k, (m[0][1] * m[2][0] - m[0][0] * m[2][1]) * k, (m[0][0] * m[1][1] - m[0][1] * m[1][0]) * k}};
  std::copy(&rows[0][0], &rows[0][0] + 9, &out[0][0]);
  return true;
}

// Cholesky; false where the matrix is not positive definite.
bool solve(Square a, State& b) {
  for (int i = 0; i < kState; ++i) {
    for (int j = 0; j <= i; ++j) {
      double sum = a[i][j];
      for (int k = 0; k < j; ++k) sum -= a[i][k] * a[j][k];
      if (i == j) {
        if (!(sum > 0.0)) return false;
        a[i][i] = std::sqrt(sum);
      } else {
        a[i][j] = sum / a[j][j];
      }
    }
  }
  for (int i = 0; i < kState; ++i) {
    for (int k = 0; k < i; ++k) b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
  for (int i = kState - 1; i >= 0; --i) {
    for (int k = i + 1; k < kState; ++k) b[i] -= a[k][i] * b[k];
    b[i] /= a[i][i];
  }
  return true;
}

class Alignment {
 public:
  Alignment(const void* scene, const Scans& scans, const Fixes& fixes, const Model& model, const double* prior_mean,
            const double* prior_information)
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

  // As new: no building has an offset or a factor.
  void forget() {
    buildings_.clear();
    number_.clear();
    last_id_ = -1;
    bias_[0] = bias_[1] = 0.0;
  }

  // Casts the map at `state` and makes the rows. `with_edges`: of the edges too.
  void look(const State& state, bool with_edges) {
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

  // The normal equations of a step at the state looked from, buildings eliminated; their own values follow in settle().
  System build(const State& state) {
    System system{};
    for (auto& building : buildings_) {
      const Building fresh = {{building.own[0], building.own[1], building.own[2]}, {}, {}, {}, 0};
      building = fresh;
    }
    sum_rows();
    for (const Cell& cell : cells_) accumulate(cell, system);
    for (auto& building : buildings_) eliminate(building, system);
    if (fixes_.size > 0) add_fixes(system);
    for (int i = 0; i < kState; ++i)
      for (int j = 0; j < kState; ++j) {
        const double p = information_[kState * i + j];
        system.square[i][j] += p;
        const double off = j == 2 ? wrap(mean_[j] - state[j]) : mean_[j] - state[j];
        system.right[i] += p * off;
      }
    return system;
  }

  void settle(const State& step) {
    for (auto& building : buildings_) {
      if (building.cells == 0) continue;
      double right[kOwn], inverse[kOwn][kOwn];
      for (int a = 0; a < kOwn; ++a) {
        right[a] = building.right[a];
        for (int i = 0; i < kState; ++i) right[a] -= building.cross[i][a] * step[i];
      }
      if (!invert3(building.square, inverse)) continue;
      for (int a = 0; a < kOwn; ++a) {
        building.own[a] = 0.0;
        for (int b = 0; b < kOwn; ++b) building.own[a] += inverse[a][b] * right[b];
      }
    }
  }

  // How much more likely the rays are here than where one knows nothing, in nats, and the share of hits that fit.
  // Rays of one building err together, so n of them count as n to 1 - `evidence_exponent`.
  void weigh(double depth, double& log_ratio, double& inlier_ratio) {
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

  // The median residual of the rays, which knows no building; 0 where there are none.
  double middle() {
    if (rows_.empty()) return 0.0;
    std::vector<double> residuals;
    residuals.reserve(rows_.size());
    for (const Row& row : rows_) residuals.push_back(row.e);
    const auto half = residuals.begin() + static_cast<std::ptrdiff_t>(residuals.size() / 2);
    std::nth_element(residuals.begin(), half, residuals.end());
    return *half;
  }

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

  static double tempered(double total, int32_t rays, double toll) {
    if (rays == 0) return 0.0;
    return std::max(total * std::pow(static_cast<double>(rays), -kEvidenceExponent) - toll, -kEvidenceFloor);
  }

  // One over the density of the logarithm of ranges in these scans at each of them.
  void find_background() {
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

  // d ln(range) / d angle of each ray of a node, NaN where it is not clear. On one wall 1 / range is a sinusoid.
  void find_slopes(int32_t f) {
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
        if (instance[k] == instance[j] && std::abs(inverse[j] * c - side * by_angle[j] * s - inverse[k]) < 1e-3 * inverse[k])
          d = by_angle[j] * c + side * inverse[j] * s;
      }
      slope_[static_cast<size_t>(k)] = -d / inverse[k];
    }
  }

  void add_rays(int32_t f, const State& state) {
    find_slopes(f);
    const double yaw = nodes_[static_cast<size_t>(f)].yaw + state[kCamera], cos_yaw = std::cos(yaw), sin_yaw = std::sin(yaw);
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
      rows_[--row].base = run_weight_[static_cast<size_t>(count_[static_cast<size_t>(number)] - 1)] / square(model_.ray_sigma);
    }
    std::fill(count_.begin(), count_.end(), 0);
  }

  void add_edges(int32_t f, const State& state) {
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

  // The rows of each cell, weighed by how well they fit; those of edges are weighed already.
  void sum_rows() {
    for (Cell& cell : cells_) cell = {cell.node, cell.building, {}, {}};
    for (const Row& row : rows_) {
      Cell& cell = cells_[static_cast<size_t>(row.cell)];
      double w = row.base;
      if (!row.is_edge) {
        const double* own = buildings_[static_cast<size_t>(cell.building)].own;
        const double unit = (row.e - own[0] + row.d[0] * own[1] + row.d[1] * own[2]) / model_.ray_sigma;
        w *= (kRayFreedom + 1.0) / (kRayFreedom + unit * unit);
      }
      const double d[kLocal] = {row.d[0], row.d[1], row.d[2], row.is_edge ? 0.0 : 1.0};
      for (int a = 0; a < kLocal; ++a) {
        const double weighed = w * d[a];
        cell.right[a] += weighed * row.e;
        for (int b = 0; b <= a; ++b) cell.square[a][b] += weighed * d[b];
      }
    }
    for (Cell& cell : cells_)
      for (int a = 0; a < kLocal; ++a)
        for (int b = a + 1; b < kLocal; ++b) cell.square[a][b] = cell.square[b][a];
  }

  void accumulate(const Cell& cell, System& system) {
    Building& building = buildings_[static_cast<size_t>(cell.building)];
    const Node& node = nodes_[static_cast<size_t>(cell.node)];
    const auto& square = cell.square;
    const auto& right = cell.right;
    // By the state: x, y, yaw of the node by five of it, the camera's yaw, and depth.
    double by[kLocal][kState] = {};
    for (int a = 0; a < 3; ++a) std::copy(node.jacobian[a], node.jacobian[a] + kPath, by[a]);
    by[2][kCamera] = 1.0;
    by[3][kDepth] = 1.0;
    double half[kLocal][kState] = {};
    for (int a = 0; a < kLocal; ++a)
      for (int b = 0; b < kLocal; ++b)
        for (int i = 0; i < kState; ++i) half[a][i] += square[a][b] * by[b][i];
    for (int i = 0; i < kState; ++i) {
      for (int a = 0; a < kLocal; ++a) {
        system.right[i] += by[a][i] * right[a];
        for (int j = 0; j < kState; ++j) system.square[i][j] += by[a][i] * half[a][j];
      }
      building.cross[i][0] += half[3][i];
      building.cross[i][1] -= half[0][i];
      building.cross[i][2] -= half[1][i];
    }
    constexpr int local[kOwn] = {3, 0, 1};
    constexpr double sign[kOwn] = {1.0, -1.0, -1.0};
    for (int a = 0; a < kOwn; ++a) {
      building.right[a] += sign[a] * right[local[a]];
      for (int b = 0; b < kOwn; ++b) building.square[a][b] += sign[a] * sign[b] * square[local[a]][local[b]];
    }
    ++building.cells;
  }

  void eliminate(Building& building, System& system) const {
    if (building.cells == 0) return;
    const double unit = building.own[0] / model_.depth_sigma;
    building.square[0][0] += (kDepthFreedom + 1.0) / (kDepthFreedom + unit * unit) /
                             (model_.depth_sigma * model_.depth_sigma);
    for (int a = 1; a < kOwn; ++a) building.square[a][a] += 1.0 / (model_.offset_sigma * model_.offset_sigma);
    double inverse[kOwn][kOwn];
    if (!invert3(building.square, inverse)) return;
    for (int i = 0; i < kState; ++i) {
      double half[kOwn] = {};
      for (int a = 0; a < kOwn; ++a)
        for (int b = 0; b < kOwn; ++b) half[a] += building.cross[i][b] * inverse[b][a];
      for (int a = 0; a < kOwn; ++a) {
        system.right[i] -= half[a] * building.right[a];
        for (int j = 0; j < kState; ++j) system.square[i][j] -= half[a] * building.cross[j][a];
      }
    }
  }

  // Fixes with a bias in common, which is as large as one of them is wrong, and is eliminated.
  void add_fixes(System& system) {
    double square[2][2] = {}, cross[kState][2] = {}, right[2] = {};
    for (int32_t n = 0; n < fixes_.size; ++n) {
      const Node& node = nodes_[static_cast<size_t>(fixes_.node[n])];
      const double e[2] = {fixes_.position[2 * n] - node.x - bias_[0], fixes_.position[2 * n + 1] - node.y - bias_[1]};
      const double* given = fixes_.information + 3 * n;
      const double distance = given[0] * e[0] * e[0] + 2.0 * given[1] * e[0] * e[1] + given[2] * e[1] * e[1];
      const double weight = (kFixFreedom + 2.0) / (kFixFreedom + distance);
      const double w[2][2] = {{weight * given[0], weight * given[1]}, {weight * given[1], weight * given[2]}};
      if (n == 0) {
        square[0][0] += given[0];
        square[0][1] += given[1];
        square[1][0] += given[1];
        square[1][1] += given[2];
      }
      for (int a = 0; a < 2; ++a)
        for (int b = 0; b < 2; ++b) {
          const double away = e[b] + bias_[b];
          square[a][b] += w[a][b];
          right[a] += w[a][b] * away;
          for (int i = 0; i < kPath; ++i) {
            const double by = node.jacobian[a][i] * w[a][b];
            cross[i][b] += by;
            system.right[i] += by * away;
            for (int j = 0; j < kPath; ++j) system.square[i][j] += by * node.jacobian[b][j];
          }
        }
    }
    const double determinant = square[0][0] * square[1][1] - square[0][1] * square[1][0];
    const double inverse[2][2] = {{square[1][1] / determinant, -square[0][1] / determinant},
                                  {-square[1][0] / determinant, square[0][0] / determinant}};
    for (int a = 0; a < 2; ++a) {
      bias_[a] = inverse[a][0] * right[0] + inverse[a][1] * right[1];
      for (int b = 0; b < 2; ++b)
        for (int i = 0; i < kState; ++i) {
          const double by = cross[i][a] * inverse[a][b];
          system.right[i] -= by * right[b];
          for (int j = 0; j < kState; ++j) system.square[i][j] -= by * cross[j][b];
        }
    }
  }

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

}  // namespace

extern "C" {

// How much more likely the scans are at each of `size` states (size, 8) than where nothing is known: `log_ratio` (size,).
// The log scale of depth is set to what suits most rays best, up to `most_depth`.
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

// Moves `state` (8,) to where the scans fit the map best; `information` (8, 8) is that of the last step's equations.
// `pose` (nodes, 3). `report` (5,): iterations, length of the last step in metres, buildings, log ratio, share of hits
// that fit.
// Gives -1 where the equations have no solution.
int geoloc_align(const void* scene, int32_t nodes, int32_t rays, const double* motion, const float* log_range,
                 const int32_t* instance, const uint8_t* observed, int32_t num_fixes, const int32_t* fix_node,
                 const double* fix_position, const double* fix_information, const double* model,
                 const double* prior_mean, const double* prior_information, int32_t max_iterations, double* state,
                 double* information, double* pose, double* report) {
  Model values;
  std::copy(model, model + sizeof(Model) / sizeof(double), &values.max_range);
  Alignment alignment(scene, {nodes, rays, motion, log_range, instance, observed},
                      {num_fixes, fix_node, fix_position, fix_information}, values, prior_mean, prior_information);
  State now;
  std::copy(state, state + kState, now.begin());
  System system{};
  int32_t iteration = 0;
  double length = 0.0;
  for (; iteration < max_iterations; ++iteration) {
    alignment.look(now, iteration >= kFirstEdges);
    system = alignment.build(now);
    State step = system.right;
    if (!solve(system.square, step)) return -1;
    alignment.settle(step);
    length = std::hypot(step[0], step[1]);
    const double damp = std::min(1.0, kLongestStep / std::max(length, 1e-9));
    for (int i = 0; i < kState; ++i) now[i] += damp * step[i];
    if (length < 0.02 && std::abs(step[2]) < 5e-4 && iteration > kFirstEdges) break;
  }
  alignment.look(now, true);
  now[2] = wrap(now[2]);
  std::copy(now.begin(), now.end(), state);
  for (int i = 0; i < kState; ++i) std::copy(system.square[i].begin(), system.square[i].end(), information + kState * i);
  alignment.write(pose);
  report[0] = iteration;
  report[1] = length;
  report[2] = alignment.num_buildings();
  alignment.weigh(now[kDepth], report[3], report[4]);
  return 0;
}
}
