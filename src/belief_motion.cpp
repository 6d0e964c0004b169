// One step of the belief over all road cells: every path moves on by one cell, or back by one, and some turn round.

#include "belief.hpp"

#include <algorithm>

using geoloc::kChunk;
using geoloc::kPi;

namespace {

struct Step {
  float stays, goes;         // shares of the mass, normalisation included
  float turn;                // of the vehicle, to the left
  float variance, penalty;   // of a heading deviation (Geman-McClure: weight 1 at none, 1 - penalty far away)
  float forgotten;           // share of a small deviation that is gone after the step
  float keep, leak_mass;     // share that does not leak, and what each cell gets from leaks
};

struct Belief {
  float mass, moment;
};

inline Belief settled(float mass, float moment, const Step& step) {
  const float deviation = moment / (mass + 1e-30f);  // no branch: an empty cell has no moment either
  const float turns = std::floor(deviation * (0.5f / kPi) + 0.5f);
  const float wrapped = deviation - turns * 2.0f * kPi;
  const float square = wrapped * wrapped;
  const float off_road = square / (square + step.variance);
  const float weight = step.keep * mass * (1.0f - step.penalty * off_road);
  // Small deviations are drift and crooked maps; what looks across its road has turned, and does not forget it.
  return {weight + step.leak_mass, weight * wrapped * (1.0f - step.forgotten * (1.0f - off_road))};
}

// Cell c of `count` gets what stays of its own and what `from` it goes on: the cell before it, or after it in reverse.
GEOLOC_CLONES void move_along(int64_t count, const float* own_mass, const float* own_moment, const float* from_mass,
                              const float* from_moment, const float* road_turn, float sign, Step step,
                              float* __restrict mass, float* __restrict moment) {
  for (int64_t c = 0; c < count; ++c) {
    const float arriving = from_moment[c] + from_mass[c] * (step.turn + sign * road_turn[c]);
    const float staying = own_moment[c] + own_mass[c] * step.turn;
    const Belief now = settled(step.stays * own_mass[c] + step.goes * from_mass[c],
                               step.stays * staying + step.goes * arriving, step);
    mass[c] = now.mass;
    moment[c] = now.moment;
  }
}

// The cells on one side of all junctions, with the road's turn between them and the junction in driving order (or none).
struct Side {
  const int32_t *start, *cell;
  const float* turn;
};

// All that comes from one side of a junction goes on in equal shares to its other side; returns the mass that found none.
GEOLOC_CLONES double cross(int64_t junctions, Side from, Side to, Step step, const float* now_mass,
                           const float* now_moment, float* __restrict next_mass, float* __restrict next_moment) {
  double ended = 0.0;
  for (int64_t j = 0; j < junctions; ++j) {
    float mass = 0.0f, moment = 0.0f;
    for (int32_t i = from.start[j]; i < from.start[j + 1]; ++i) {
      const float m = now_mass[from.cell[i]];
      mass += m;
      moment += now_moment[from.cell[i]] + m * (step.turn - (from.turn ? from.turn[i] : 0.0f));
    }
    const int32_t ways = to.start[j + 1] - to.start[j];
    if (ways == 0) ended += static_cast<double>(step.goes * mass);
    for (int32_t i = to.start[j]; i < to.start[j + 1]; ++i) {
      const int32_t c = to.cell[i];
      const float share = step.goes / static_cast<float>(ways), road_turn = to.turn ? to.turn[i] : 0.0f;
      const Belief now = settled(step.stays * now_mass[c] + share * mass,
                                 step.stays * (now_moment[c] + now_mass[c] * step.turn) +
                                     share * (moment + mass * road_turn), step);
      next_mass[c] = now.mass;
      next_moment[c] = now.moment;
    }
  }
  return ended;
}

// Total mass; flags chunks that hold more than `floor` in a cell whose vehicle looks more than `limit` off the road.
GEOLOC_CLONES double sum_and_flag(int64_t cells, const float* mass, const float* moment, float limit, float floor,
                                  uint8_t* flag) {
  double total = 0.0;
  for (int64_t first = 0; first < cells; first += kChunk) {
    const int64_t count = std::min(kChunk, cells - first);
    const float *m = mass + first, *o = moment + first;
    total += static_cast<double>(geoloc::sum_of_chunk(m, count));
    int32_t found = 0;
    for (int64_t c = 0; c < count; ++c) found |= (std::fabs(o[c]) > limit * m[c]) & (m[c] > floor);
    flag[first / kChunk] = found != 0;
  }
  return total;
}

// A vehicle that looks back drives the other direction of its road from now on; its deviation is half a turn less.
void turn_round(int64_t cells, const int32_t* opposite, float limit, float floor, const uint8_t* flag, float* mass,
                float* moment) {
  for (int64_t first = 0; first < cells; first += kChunk) {
    if (!flag[first / kChunk]) continue;
    const int64_t end = std::min(cells, first + kChunk);
    for (int64_t c = first; c < end; ++c) {
      if (opposite[c] < 0 || !(mass[c] > floor) || !(std::fabs(moment[c]) > limit * mass[c])) continue;
      mass[opposite[c]] += mass[c];
      moment[opposite[c]] += moment[c] - std::copysign(kPi, moment[c]) * mass[c];
      mass[c] = moment[c] = 0.0f;
    }
  }
}

}  // namespace

extern "C" {

// Moves all mass on by one cell (backward: back by one), but for the share `stay` that lags behind; the vehicle turned by
// `turn` meanwhile. Then it penalises headings that do not follow the road, forgets deviations slowly, leaks, and lets
// paths that look back (by more than `look_back`) change to the other direction of the road.
//
// Junction j joins the last cells in_cell (with in_turn to the viewpoint) and the first cells out_cell; see
// localization/belief/cells.py. step_turn (C + 1,). now_*: belief before; next_*: after. flag: scratch, one per 2048 cells.
// result (2,): total mass after the step; mass that ran off the end of the map in it.
void geoloc_belief_hop(int64_t cells, int64_t junctions, const float* step_turn, const int32_t* opposite,
                       const int32_t* in_start, const int32_t* in_cell, const float* in_turn, const int32_t* out_start,
                       const int32_t* out_cell, int32_t backward, float stay, float scale, float turn, float variance,
                       float penalty, float forgotten, float keep, float leak_mass, float look_back, float floor,
                       const float* now_mass, const float* now_moment, float* next_mass, float* next_moment,
                       uint8_t* flag, double* result) {
  const Step step{stay * scale, (1.0f - stay) * scale, turn, variance, penalty, forgotten, keep, leak_mass};
  const int64_t inner = cells - 1;  // the first cell has nobody before it, the last nobody after it: both are at junctions
  if (backward) {
    move_along(inner, now_mass, now_moment, now_mass + 1, now_moment + 1, step_turn + 1, 1.0f, step, next_mass,
               next_moment);
  } else {
    move_along(inner, now_mass + 1, now_moment + 1, now_mass, now_moment, step_turn + 1, -1.0f, step, next_mass + 1,
               next_moment + 1);
  }
  result[1] = backward ? cross(junctions, {out_start, out_cell, nullptr}, {in_start, in_cell, in_turn}, step, now_mass,
                               now_moment, next_mass, next_moment)
                       : cross(junctions, {in_start, in_cell, in_turn}, {out_start, out_cell, nullptr}, step, now_mass,
                               now_moment, next_mass, next_moment);
  result[0] = sum_and_flag(cells, next_mass, next_moment, look_back, floor, flag);
  turn_round(cells, opposite, look_back, floor, flag, next_mass, next_moment);
}

}  // extern "C"
