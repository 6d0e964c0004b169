// The belief over road cells looked at from its end: what later frames say about where the vehicle was before.
//
// A snapshot is the cells (ascending) that held mass before a step, with it. Only its own cells are visited.

#include <algorithm>
#include <cstdint>

namespace {

struct Road {
  const int32_t *junction_after, *junction_before;  // (C,) which junction a cell leads to or comes from, -1: none
  const int32_t *in_start, *in_cell, *out_start, *out_cell;
};

// Calls visit(cell, share) for every cell that a step leads to from `cell`; shares of one cell add up to 1.
template <typename Visit>
void for_ways_on(const Road& road, bool backward, float stay, int32_t cell, Visit visit) {
  visit(cell, stay);
  const int32_t junction = backward ? road.junction_before[cell] : road.junction_after[cell];
  if (junction < 0) {
    visit(backward ? cell - 1 : cell + 1, 1.0f - stay);
    return;
  }
  const int32_t* start = backward ? road.in_start : road.out_start;
  const int32_t* way = backward ? road.in_cell : road.out_cell;
  const int32_t ways = start[junction + 1] - start[junction];
  for (int32_t i = start[junction]; i < start[junction + 1]; ++i) {
    visit(way[i], (1.0f - stay) / static_cast<float>(ways));
  }
}

}  // namespace

extern "C" {

// Writes the cells with at least the mass `least`, with mass and moment; returns how many there are, or -1 if they are
// more than `capacity`.
int64_t geoloc_belief_snapshot(int64_t cells, const float* mass, const float* moment, float least, int64_t capacity,
                               int32_t* cell, float* cell_mass, float* cell_moment) {
  int64_t count = 0;
  for (int64_t c = 0; c < cells; ++c) {
    if (!(mass[c] >= least)) continue;
    if (count == capacity) return -1;
    cell[count] = static_cast<int32_t>(c);
    cell_mass[count] = mass[c];
    cell_moment[count++] = moment[c];
  }
  return count;
}

// Mass that one step leads to from a snapshot, added to predicted (C,), which is 0 before. With `best` (C,) also the
// greatest single term score * share, and in `origin` (C,) the entry of the snapshot that it comes from.
void geoloc_belief_predict(const int32_t* junction_after, const int32_t* junction_before, const int32_t* in_start,
                           const int32_t* in_cell, const int32_t* out_start, const int32_t* out_cell, int32_t backward,
                           float stay, int64_t count, const int32_t* cell, const float* mass, const float* score,
                           float* predicted, float* best, int32_t* origin) {
  const Road road{junction_after, junction_before, in_start, in_cell, out_start, out_cell};
  for (int64_t i = 0; i < count; ++i) {
    for_ways_on(road, backward != 0, stay, cell[i], [&](int32_t next, float share) {
      predicted[next] += share * mass[i];
      if (best != nullptr && share * score[i] > best[next]) {
        best[next] = share * score[i];
        origin[next] = static_cast<int32_t>(i);
      }
    });
  }
}

// smoothed[i] = mass[i] * sum over the ways on from cell i of share * ratio (C,).
void geoloc_belief_look_back(const int32_t* junction_after, const int32_t* junction_before, const int32_t* in_start,
                             const int32_t* in_cell, const int32_t* out_start, const int32_t* out_cell,
                             int32_t backward, float stay, int64_t count, const int32_t* cell, const float* mass,
                             const float* ratio, float* smoothed) {
  const Road road{junction_after, junction_before, in_start, in_cell, out_start, out_cell};
  for (int64_t i = 0; i < count; ++i) {
    float sum = 0.0f;
    for_ways_on(road, backward != 0, stay, cell[i], [&](int32_t next, float share) { sum += share * ratio[next]; });
    smoothed[i] = mass[i] * sum;
  }
}

}  // extern "C"
