// Ray caster for a city seen from above: scans of many viewpoints at once, as an angular z-buffer.
//
// The rays of a viewpoint are a circle, so rays are not traced: walls are rasterised in angle. Per wall and viewpoint,
// two angles give the covered bins, and over these 1 / range = a cos + b sin. Viewpoints are sorted into tiles; a tile
// gathers the walls within reach once, in float32 relative to its centre. A corner gets the same angle from the same
// numbers in both of its walls, so no ray slips through. Walls show one side only if they are part of a solid building
// (one simple ring) and no viewpoint of the tile is within such a building; then the first thing that a ray meets is
// always a front. Near walls are drawn first, and far ones are left out where all that is seen in their direction is
// nearer. Every instruction set gives the same ranges up to rounding.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "raycast.hpp"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define GEOLOC_X86_VARIANTS 1
#include <immintrin.h>
#endif

namespace geoloc {
namespace {

#ifdef GEOLOC_X86_VARIANTS
// Row m: the lanes set in m, moved to the front.
struct PackOrder {
  alignas(32) int32_t row[256][8] = {};
  constexpr PackOrder() {
    for (int m = 0; m < 256; ++m)
      for (int lane = 0, n = 0; lane < 8; ++lane)
        if (m >> lane & 1) row[m][n++] = lane;
  }
};
constexpr PackOrder kPackOrderTable;
constexpr auto& kPackOrder = kPackOrderTable.row;

// GCC 12 takes the "undefined" operand of its own AVX-512 intrinsics for a mistake of ours (GCC bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
namespace avx512 {
#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,bmi,bmi2,popcnt")
#define GEOLOC_LANES 16
#include "raycast_simd.hpp"
#include "raycast_kernel.hpp"
#undef GEOLOC_LANES
#pragma GCC pop_options
}  // namespace avx512
#pragma GCC diagnostic pop

namespace avx2 {
#pragma GCC push_options
#pragma GCC target("avx2,fma,bmi,bmi2,popcnt")
#define GEOLOC_LANES 8
#include "raycast_simd.hpp"
#include "raycast_kernel.hpp"
#undef GEOLOC_LANES
#pragma GCC pop_options
}  // namespace avx2
#endif

namespace portable {
#define GEOLOC_LANES 4
#include "raycast_simd.hpp"
#include "raycast_kernel.hpp"
#undef GEOLOC_LANES
}  // namespace portable

// 2: AVX-512, 1: AVX2, 0: anything.
int best_variant() {
#ifdef GEOLOC_X86_VARIANTS
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw"))
    return 2;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 1;
#endif
  return 0;
}

CastTile variant(int32_t wanted) {
  [[maybe_unused]] const int chosen = std::min(wanted, best_variant());
#ifdef GEOLOC_X86_VARIANTS
  if (chosen == 2) return avx512::cast_tile;
  if (chosen == 1) return avx2::cast_tile;
#endif
  return portable::cast_tile;
}

struct Piece {
  double ax, ay, bx, by;
  int32_t building;
  float back;
};

std::vector<Piece> cut(const double* start, const double* end, const int32_t* building, const uint8_t* is_solid,
                       int64_t size) {
  std::vector<Piece> pieces;
  pieces.reserve(size_t(size));
  for (int64_t i = 0; i < size; ++i) {
    const double ax = start[2 * i], ay = start[2 * i + 1], bx = end[2 * i], by = end[2 * i + 1];
    const double length = std::hypot(bx - ax, by - ay);
    if (length == 0.0) continue;
    const int64_t parts = std::max<int64_t>(1, int64_t(std::ceil(length / kPieceLength)));
    const float back = is_solid[i] ? 0.0f : -std::numeric_limits<float>::infinity();
    double px = ax, py = ay;
    for (int64_t part = 1; part <= parts; ++part) {
      const double t = double(part) / double(parts);
      const double qx = part == parts ? bx : ax + t * (bx - ax), qy = part == parts ? by : ay + t * (by - ay);
      pieces.push_back({px, py, qx, qy, building[i], back});
      px = qx;
      py = qy;
    }
  }
  return pieces;
}

// A grid over all walls, with no more than a few times as many cells as walls.
void lay_grid(const std::vector<Piece>& pieces, Scene& scene) {
  double west = INFINITY, south = INFINITY, east = -INFINITY, north = -INFINITY;
  for (const Piece& p : pieces) {
    west = std::min({west, p.ax, p.bx});
    east = std::max({east, p.ax, p.bx});
    south = std::min({south, p.ay, p.by});
    north = std::max({north, p.ay, p.by});
  }
  if (pieces.empty()) west = south = east = north = 0.0;
  scene.west = west;
  scene.south = south;
  // A few buildings far apart shall not fill the memory with empty cells.
  const double max_cells = 8.0 * double(pieces.size()) + 4096.0;
  while ((east - west) / scene.cell * ((north - south) / scene.cell) > max_cells) scene.cell *= 2.0;
  scene.columns = int64_t((east - west) / scene.cell) + 1;
  scene.rows = int64_t((north - south) / scene.cell) + 1;
}

// Order that sorts `key` (counting sort) and where each key starts.
std::vector<int64_t> sort_by_key(const std::vector<int64_t>& key, int64_t num_keys, std::vector<int64_t>& start) {
  start.assign(size_t(num_keys) + 1, 0);
  for (const int64_t k : key) ++start[size_t(k) + 1];
  for (int64_t k = 0; k < num_keys; ++k) start[size_t(k) + 1] += start[size_t(k)];
  std::vector<int64_t> next(start.begin(), start.end() - 1), order(key.size());
  for (size_t i = 0; i < key.size(); ++i) order[size_t(next[size_t(key[i])]++)] = int64_t(i);
  return order;
}

void place_walls(const std::vector<Piece>& pieces, Scene& scene) {
  std::vector<int64_t> key(pieces.size());
  for (size_t i = 0; i < pieces.size(); ++i) {
    const Piece& p = pieces[i];
    const int64_t column = int64_t(((p.ax + p.bx) / 2.0 - scene.west) / scene.cell);
    const int64_t row = int64_t(((p.ay + p.by) / 2.0 - scene.south) / scene.cell);
    key[i] = std::min(row, scene.rows - 1) * scene.columns + std::min(column, scene.columns - 1);
  }
  const std::vector<int64_t> order = sort_by_key(key, scene.rows * scene.columns, scene.wall_start);
  const size_t padded = pieces.size() + 16;
  for (auto* list : {&scene.ax, &scene.ay, &scene.bx, &scene.by}) list->assign(padded, 0.0);
  for (auto* list : {&scene.nx, &scene.ny, &scene.back}) list->assign(padded, 0.0f);
  scene.building.assign(padded, -1);
  for (size_t i = 0; i < pieces.size(); ++i) {
    const Piece& p = pieces[size_t(order[i])];
    const double ex = p.bx - p.ax, ey = p.by - p.ay, length = std::hypot(ex, ey);
    scene.ax[i] = p.ax;
    scene.ay[i] = p.ay;
    scene.bx[i] = p.bx;
    scene.by[i] = p.by;
    scene.nx[i] = float(-ey / length);
    scene.ny[i] = float(ex / length);
    scene.building[i] = p.building;
    scene.back[i] = p.back;
  }
}

// Rings of solid buildings are runs of walls with the mark set and one building.
void place_solids(const double* start, const int32_t* building, const uint8_t* is_solid, int64_t size, Scene& scene) {
  scene.ring_start.assign(1, 0);
  for (int64_t i = 0; i < size; ++i) {
    if (!is_solid[i]) continue;
    scene.ring_x.push_back(start[2 * i]);
    scene.ring_y.push_back(start[2 * i + 1]);
    if (i + 1 == size || !is_solid[i + 1] || building[i + 1] != building[i])
      scene.ring_start.push_back(int64_t(scene.ring_x.size()));
  }
  std::vector<int64_t> key;
  std::vector<int32_t> owner;
  for (size_t s = 0; s + 1 < scene.ring_start.size(); ++s) {
    const auto from = scene.ring_start[s], to = scene.ring_start[s + 1];
    const auto [x_low, x_high] = std::minmax_element(scene.ring_x.begin() + from, scene.ring_x.begin() + to);
    const auto [y_low, y_high] = std::minmax_element(scene.ring_y.begin() + from, scene.ring_y.begin() + to);
    scene.ring_box.insert(scene.ring_box.end(), {*x_low, *y_low, *x_high, *y_high});
    const auto cell_of = [&](double value, double origin) { return int64_t((value - origin) / scene.cell); };
    for (int64_t row = cell_of(*y_low, scene.south); row <= cell_of(*y_high, scene.south); ++row)
      for (int64_t column = cell_of(*x_low, scene.west); column <= cell_of(*x_high, scene.west); ++column) {
        key.push_back(row * scene.columns + column);
        owner.push_back(int32_t(s));
      }
  }
  for (const int64_t i : sort_by_key(key, scene.rows * scene.columns, scene.solid_start))
    scene.solid.push_back(owner[size_t(i)]);
}

// Rows of `poses` sorted into tiles, and where each tile starts.
std::vector<int32_t> sort_into_tiles(const double* poses, int64_t size, double tile, std::vector<int64_t>& tile_start) {
  std::vector<std::pair<uint64_t, int32_t>> keyed(static_cast<size_t>(size)), swap(static_cast<size_t>(size));
  double west = INFINITY, south = INFINITY, east = -INFINITY;
  for (int64_t i = 0; i < size; ++i) {
    west = std::min(west, poses[3 * i]);
    east = std::max(east, poses[3 * i]);
    south = std::min(south, poses[3 * i + 1]);
  }
  const uint64_t columns = uint64_t((east - west) / tile) + 1;
  uint64_t largest = 0;
  for (int64_t i = 0; i < size; ++i) {
    const uint64_t column = uint64_t((poses[3 * i] - west) / tile), row = uint64_t((poses[3 * i + 1] - south) / tile);
    keyed[size_t(i)] = {row * columns + column, int32_t(i)};
    largest = std::max(largest, keyed[size_t(i)].first);
  }
  constexpr int kDigit = 11;
  for (int shift = 0; shift < 64 && largest >> shift; shift += kDigit) {
    size_t count[(1 << kDigit) + 1] = {};
    for (const auto& k : keyed) ++count[(k.first >> shift & ((1 << kDigit) - 1)) + 1];
    for (int digit = 0; digit < 1 << kDigit; ++digit) count[digit + 1] += count[digit];
    for (const auto& k : keyed) swap[count[k.first >> shift & ((1 << kDigit) - 1)]++] = k;
    keyed.swap(swap);
  }
  std::vector<int32_t> rows(static_cast<size_t>(size));
  tile_start.clear();
  for (int64_t i = 0; i < size; ++i) {
    rows[size_t(i)] = keyed[size_t(i)].second;
    if (i == 0 || keyed[size_t(i)].first != keyed[size_t(i) - 1].first) tile_start.push_back(i);
  }
  tile_start.push_back(size);
  return rows;
}

void cast_all(const Scene& scene, const Cast& cast, int64_t size, int32_t num_threads, CastTile cast_tile) {
  std::vector<int64_t> tile_start;
  const std::vector<int32_t> rows = sort_into_tiles(cast.poses, size, kTileSize, tile_start);
  const int64_t num_tiles = int64_t(tile_start.size()) - 1;
  constexpr int64_t kBatch = 16;
  std::atomic<int64_t> next{0};
  std::atomic<bool> is_out_of_memory{false};
  const auto work = [&] {
    try {
      Scratch scratch;
      for (int64_t from; (from = next.fetch_add(kBatch)) < num_tiles;)
        for (int64_t t = from; t < std::min(from + kBatch, num_tiles); ++t)
          cast_tile(scene, cast, rows.data() + tile_start[size_t(t)],
                    tile_start[size_t(t) + 1] - tile_start[size_t(t)], scratch);
    } catch (const std::bad_alloc&) {
      is_out_of_memory = true;
    }
  };
  const int64_t hardware = std::max(1u, std::thread::hardware_concurrency());
  const int64_t wanted = std::min((num_tiles + kBatch - 1) / kBatch, num_threads > 0 ? num_threads : hardware);
  std::vector<std::thread> helpers;
  helpers.reserve(size_t(wanted));
  try {
    for (int64_t i = 1; i < wanted; ++i) helpers.emplace_back(work);
  } catch (const std::system_error&) {
    // The system gives no more threads: those that run do all the work.
  }
  work();
  for (std::thread& helper : helpers) helper.join();
  if (is_out_of_memory) throw std::bad_alloc();
}

}  // namespace

bool Scene::is_inside_solid(double x, double y) const {
  const double column = (x - west) / cell, row = (y - south) / cell;
  if (!(column >= 0.0 && row >= 0.0 && column < double(columns) && row < double(rows))) return false;
  const size_t key = size_t(int64_t(row) * columns + int64_t(column));
  for (int64_t i = solid_start[key]; i < solid_start[key + 1]; ++i) {
    const size_t s = size_t(solid[size_t(i)]);
    const double* box = &ring_box[4 * s];
    if (x < box[0] || y < box[1] || x > box[2] || y > box[3]) continue;
    bool is_inside = false;
    const size_t from = size_t(ring_start[s]), to = size_t(ring_start[s + 1]);
    for (size_t j = from, before = to - 1; j < to; before = j++) {
      if ((ring_y[j] > y) != (ring_y[before] > y) &&
          x < (ring_x[before] - ring_x[j]) * (y - ring_y[j]) / (ring_y[before] - ring_y[j]) + ring_x[j])
        is_inside = !is_inside;
    }
    if (is_inside) return true;
  }
  return false;
}

}  // namespace geoloc

// The C interface; geoloc_ros/maps/raycast.py is its only caller. Functions that return int give 0, or -1 when memory
// runs out.
extern "C" {

// Walls (size, 2) in metres, the building of each, and whether it belongs to a solid building: one simple
// counter-clockwise ring, whose walls follow each other. Null when memory runs out.
void* geoloc_scene_new(const double* start, const double* end, const int32_t* building, const uint8_t* is_solid,
                       int64_t size) {
  try {
    auto scene = std::make_unique<geoloc::Scene>();
    const std::vector<geoloc::Piece> pieces = geoloc::cut(start, end, building, is_solid, size);
    geoloc::lay_grid(pieces, *scene);
    geoloc::place_walls(pieces, *scene);
    geoloc::place_solids(start, building, is_solid, size, *scene);
    return scene.release();
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void geoloc_scene_delete(void* scene) { delete static_cast<geoloc::Scene*>(scene); }

// Scans of `size` poses (x, y, yaw): range (size, num_rays) with NaN and instance (size, num_rays) with -1 where nothing
// is within max_range. num_threads 0: one per core. max_variant as in best_variant(), for tests.
int geoloc_scene_cast(const void* scene, const double* poses, int64_t size, int32_t num_rays, double max_range,
                      int32_t num_threads, int32_t max_variant, float* range, int32_t* instance) {
  if (size == 0) return 0;
  try {
    const int32_t num_bins = (num_rays + 15) / 16 * 16;
    geoloc::Buffer<float> cosine, sine;
    std::vector<double> fine_cosine(static_cast<size_t>(num_bins)), fine_sine(static_cast<size_t>(num_bins));
    cosine.reserve(size_t(num_bins));
    sine.reserve(size_t(num_bins));
    for (int32_t k = 0; k < num_bins; ++k) {
      const double turn = 2.0 * M_PI * k / num_rays;
      cosine.data()[k] = float(fine_cosine[size_t(k)] = std::cos(turn));
      sine.data()[k] = float(fine_sine[size_t(k)] = std::sin(turn));
    }
    const int32_t sector_bins = (num_bins / 16 + geoloc::kSectors - 1) / geoloc::kSectors * 16;
    const geoloc::Cast cast{poses,       num_rays,           num_bins,         sector_bins, max_range, cosine.data(),
                            sine.data(), fine_cosine.data(), fine_sine.data(), range,       instance};
    geoloc::cast_all(*static_cast<const geoloc::Scene*>(scene), cast, size, num_threads, geoloc::variant(max_variant));
    return 0;
  } catch (const std::bad_alloc&) {
    return -1;
  }
}
}
