// From the coarse outputs of the street network to images: classes, depth and buildings. See geoloc_ros/reading/street_output.py.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace {

constexpr int kClasses = 8;
constexpr uint8_t kBuilding = 1, kSky = 5;

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define GEOLOC_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define GEOLOC_CLONES
#endif

// The two cells between whose centres a pixel lies, and how far it is on its way from the first to the second.
struct Between {
  std::vector<int> first, second;
  std::vector<float> along;

  // Pixel i is at `start + i * step` cells from the centre of the first cell; before it and after the last, nothing changes.
  Between(int pixels, int cells, float start, float step) : first(pixels), second(pixels), along(pixels) {
    for (int i = 0; i < pixels; ++i) {
      float at = start + static_cast<float>(i) * step;
      at = at < 0.0f ? 0.0f : at > static_cast<float>(cells - 1) ? static_cast<float>(cells - 1) : at;
      first[i] = static_cast<int>(at);
      second[i] = first[i] + 1 < cells ? first[i] + 1 : cells - 1;
      along[i] = at - static_cast<float>(first[i]);
    }
  }
};

// One row of cells, spread to the columns of the image.
struct WideRow {
  int cell_row = -1;
  std::vector<float> logits, left, right;       // (kClasses, width), (width,), (width,)
  std::vector<int32_t> left_class, right_class;  // (width,)

  explicit WideRow(int width)
      : logits(static_cast<size_t>(kClasses) * width), left(width), right(width), left_class(width), right_class(width) {}
};

void spread(const float* logits, const float* inverse, const uint8_t* classes, int cell_row, int cell_height,
            int cell_width, const Between& columns, WideRow& row) {
  const int width = static_cast<int>(columns.first.size());
  const size_t plane = static_cast<size_t>(cell_height) * cell_width, begin = static_cast<size_t>(cell_row) * cell_width;
  const int *first = columns.first.data(), *second = columns.second.data();
  const float* along = columns.along.data();
  for (int c = 0; c < kClasses; ++c) {
    const float* from = logits + c * plane + begin;
    float* to = row.logits.data() + static_cast<size_t>(c) * width;
    for (int u = 0; u < width; ++u) to[u] = from[first[u]] + along[u] * (from[second[u]] - from[first[u]]);
  }
  for (int u = 0; u < width; ++u) {
    row.left[u] = inverse[begin + first[u]];
    row.right[u] = inverse[begin + second[u]];
    row.left_class[u] = classes[begin + first[u]];
    row.right_class[u] = classes[begin + second[u]];
  }
  row.cell_row = cell_row;
}

GEOLOC_CLONES void classify_row(int width, const float* __restrict above, const float* __restrict below, float down,
                                float* __restrict best, int32_t* __restrict label) {
  for (int u = 0; u < width; ++u) {
    best[u] = above[u] + down * (below[u] - above[u]);
    label[u] = 0;
  }
  for (int c = 1; c < kClasses; ++c) {
    const float* __restrict high = above + static_cast<size_t>(c) * width;
    const float* __restrict low = below + static_cast<size_t>(c) * width;
    for (int u = 0; u < width; ++u) {
      const float logit = high[u] + down * (low[u] - high[u]);
      label[u] = logit > best[u] ? c : label[u];
      best[u] = logit > best[u] ? logit : best[u];
    }
  }
}

// Depth of the pixels of a row from the cells at their four corners that are of the pixel's class, of all four where
// none is: between them where they are one surface, that of the nearest one where they are not.
GEOLOC_CLONES void measure_row(int width, const int32_t* __restrict label, const float* __restrict along, float down,
                               const float* __restrict a, const float* __restrict b, const float* __restrict c,
                               const float* __restrict d, const int32_t* __restrict a_class,
                               const int32_t* __restrict b_class, const int32_t* __restrict c_class,
                               const int32_t* __restrict d_class, float split, float* __restrict depth) {
  const float nothing = std::numeric_limits<float>::quiet_NaN();
  for (int u = 0; u < width; ++u) {
    const int32_t own = label[u];
    const float to_b = along[u] * (1.0f - down), to_c = (1.0f - along[u]) * down, to_d = along[u] * down;
    const float to_a = 1.0f - to_b - to_c - to_d;
    // A weight of zero would make a corner that counts look like one that does not.
    const float tiny = 1e-6f;
    float wa = a_class[u] == own ? to_a + tiny : 0.0f, wb = b_class[u] == own ? to_b + tiny : 0.0f;
    float wc = c_class[u] == own ? to_c + tiny : 0.0f, wd = d_class[u] == own ? to_d + tiny : 0.0f;
    const bool alone = wa + wb + wc + wd == 0.0f;
    wa = alone ? to_a + tiny : wa;
    wb = alone ? to_b + tiny : wb;
    wc = alone ? to_c + tiny : wc;
    wd = alone ? to_d + tiny : wd;
    float heaviest = wa, nearest = a[u];
    nearest = wb > heaviest ? b[u] : nearest;
    heaviest = wb > heaviest ? wb : heaviest;
    nearest = wc > heaviest ? c[u] : nearest;
    heaviest = wc > heaviest ? wc : heaviest;
    nearest = wd > heaviest ? d[u] : nearest;
    const float huge = std::numeric_limits<float>::max();
    float least = wa > 0.0f ? a[u] : huge, most = wa > 0.0f ? a[u] : 0.0f;
    least = wb > 0.0f && b[u] < least ? b[u] : least;
    most = wb > 0.0f && b[u] > most ? b[u] : most;
    least = wc > 0.0f && c[u] < least ? c[u] : least;
    most = wc > 0.0f && c[u] > most ? c[u] : most;
    least = wd > 0.0f && d[u] < least ? d[u] : least;
    most = wd > 0.0f && d[u] > most ? d[u] : most;
    const float mean = (wa * a[u] + wb * b[u] + wc * c[u] + wd * d[u]) / (wa + wb + wc + wd);
    depth[u] = own == kSky ? nothing : 1.0f / (most > split * least ? nearest : mean);
  }
}

}  // namespace

extern "C" {

// Likeliest class of every cell. logits (8, cells).
void geoloc_cell_classes(const float* logits, int64_t cells, uint8_t* classes) {
  std::vector<float> best(logits, logits + cells);
  for (int64_t i = 0; i < cells; ++i) classes[i] = 0;
  for (int c = 1; c < kClasses; ++c) {
    const float* own = logits + c * cells;
    for (int64_t i = 0; i < cells; ++i) {
      classes[i] = own[i] > best[i] ? static_cast<uint8_t>(c) : classes[i];
      best[i] = own[i] > best[i] ? own[i] : best[i];
    }
  }
}

// Classes and depth of every pixel. logits (8, cell_height, cell_width); inverse_depth and classes (cell_height, cell_width).
// Pixel (v, u) lies `first_* + v or u * per_*` cells from the centre of the first cell. Where depths of cells around a
// pixel differ by more than the factor `split`, nothing is interpolated. labels, depth (height, width); NaN in the sky.
void geoloc_spread_cells(const float* logits, const float* inverse_depth, const uint8_t* classes, int cell_height,
                         int cell_width, float first_row, float per_row, float first_column, float per_column,
                         int height, int width, float split, uint8_t* labels, float* depth) {
  const Between rows(height, cell_height, first_row, per_row), columns(width, cell_width, first_column, per_column);
  WideRow kept[2] = {WideRow(width), WideRow(width)};
  std::vector<float> best(width);
  std::vector<int32_t> label(width);
  for (int v = 0; v < height; ++v) {
    // Rows of odd and of even number each have their place: the lower one of a pair is the upper one of the next.
    for (const int needed : {rows.first[v], rows.second[v]}) {
      if (kept[needed % 2].cell_row != needed) {
        spread(logits, inverse_depth, classes, needed, cell_height, cell_width, columns, kept[needed % 2]);
      }
    }
    const WideRow &above = kept[rows.first[v] % 2], &below = kept[rows.second[v] % 2];
    classify_row(width, above.logits.data(), below.logits.data(), rows.along[v], best.data(), label.data());
    measure_row(width, label.data(), columns.along.data(), rows.along[v], above.left.data(), above.right.data(),
                below.left.data(), below.right.data(), above.left_class.data(), above.right_class.data(),
                below.left_class.data(), below.right_class.data(), split, depth + static_cast<size_t>(v) * width);
    uint8_t* row = labels + static_cast<size_t>(v) * width;
    for (int u = 0; u < width; ++u) row[u] = static_cast<uint8_t>(label[u]);
  }
}

// What stands in front in each sector of directions: its distance on the ground plane, NaN where nothing does, the mean
// logit in its cells that two buildings touch there, and how many cells that are. Cells of class building at heights
// between `min_height` and `max_height` count; those near the quantile of their distances are in front, as in
// geoloc_observe_reduce. Per cell: sector, -1 for none; how far a depth of 1 takes it over the ground plane (level) and up.
void geoloc_front_of_sectors(const uint8_t* classes, const float* inverse_depth, const float* boundary_logit,
                             const int32_t* sector, const float* level, const float* up, int64_t cells, int sectors,
                             float camera_height, float min_height, float max_height, float quantile, float* range,
                             float* touching, float* num_cells) {
  struct Cell {
    float range, touching;
  };
  std::vector<std::vector<Cell>> seen(sectors);
  for (int64_t i = 0; i < cells; ++i) {
    if (classes[i] != kBuilding || sector[i] < 0) continue;
    const float height = camera_height + up[i] / inverse_depth[i];
    if (height >= min_height && height <= max_height) {
      seen[sector[i]].push_back({level[i] / inverse_depth[i], boundary_logit[i]});
    }
  }
  std::vector<float> ranges;
  for (int k = 0; k < sectors; ++k) {
    range[k] = std::numeric_limits<float>::quiet_NaN();
    touching[k] = num_cells[k] = 0.0f;
    if (seen[k].empty()) continue;
    ranges.clear();
    for (const Cell& cell : seen[k]) ranges.push_back(cell.range);
    const auto rank = static_cast<int64_t>(quantile * static_cast<float>(ranges.size() - 1) + 0.5f);
    std::nth_element(ranges.begin(), ranges.begin() + rank, ranges.end());
    range[k] = ranges[rank];
    const float nearest = 0.9f * range[k] - 0.5f, farthest = 1.25f * range[k] + 0.5f;
    for (const Cell& cell : seen[k]) {
      if (cell.range < nearest || cell.range > farthest) continue;
      touching[k] += cell.touching;
      num_cells[k] += 1.0f;
    }
    touching[k] /= num_cells[k];
  }
}

// Number of the building that every pixel of class building shows; 0 elsewhere. sector (pixels,) into number.
void geoloc_number_pixels(const uint8_t* labels, const uint16_t* sector, const uint16_t* number, int64_t pixels,
                          uint16_t* instances) {
  for (int64_t i = 0; i < pixels; ++i) {
    const uint16_t own = number[sector[i]];
    instances[i] = labels[i] == kBuilding ? own : static_cast<uint16_t>(0);
  }
}

}  // extern "C"
