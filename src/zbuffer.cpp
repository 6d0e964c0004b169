// Which triangle each pixel of an ideal pinhole sees: a z-buffer. See geoloc_ros/landmarks/create/view_labels.py.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

// Pixels whose centre lies on the edge of two triangles belong to one of them, whatever rounding says.
constexpr double kEdge = 1e-7;
// Of the two sides of a thin sheet the one that faces the camera is seen: the other counts as a little further away.
constexpr double kBehind = 1.0 - 1e-4;

struct Point {
  double x, y, z;  // optical frame
};

struct Pinhole {
  double fx, fy, cx, cy, near;
  int width, height;
};

struct Corner {
  double u, v, inverse;  // pixels from the corner of the first, 1 / depth
};

// Which planes of the frustum a point lies outside of; they are linear, so this holds for what is behind, too.
inline uint8_t outside(const Point& p, const Pinhole& camera) {
  const double u = camera.fx * p.x + camera.cx * p.z, v = camera.fy * p.y + camera.cy * p.z;
  return static_cast<uint8_t>((u < 0.0) | (u > camera.width * p.z) << 1 | (v < 0.0) << 2 |
                              (v > camera.height * p.z) << 3 | (p.z < camera.near) << 4);
}

inline Corner project(const Point& p, const Pinhole& camera) {
  const double inverse = 1.0 / p.z;
  return {camera.fx * p.x * inverse + camera.cx, camera.fy * p.y * inverse + camera.cy, inverse};
}

struct Picture {
  int32_t* seen;                // (H, W), label, 0 for none
  std::vector<float>& inverse;  // (H, W), 1 / depth, 0 for none
  const Pinhole& camera;

  void draw(const Corner& a, const Corner& b, const Corner& c, int32_t label) {
    // Pixels whose centre (+ 0.5) lies between the outermost corners.
    const int left = first_pixel(std::min(std::min(a.u, b.u), c.u), camera.width);
    const int right = last_pixel(std::max(std::max(a.u, b.u), c.u), camera.width);
    if (left > right) return;
    const int top = first_pixel(std::min(std::min(a.v, b.v), c.v), camera.height);
    const int bottom = last_pixel(std::max(std::max(a.v, b.v), c.v), camera.height);
    if (top > bottom) return;
    // Counter-clockwise seen from outside is negative where v goes down.
    const double area = (b.u - a.u) * (c.v - a.v) - (b.v - a.v) * (c.u - a.u);
    if (area == 0.0) return;
    const bool is_front = area < 0.0;
    if (!is_front) label = 0;
    const double scale = 1.0 / area, back = is_front ? 1.0 : kBehind;
    // Share of b and of c at a point; 1 / depth is linear in the image.
    const double b_u = (c.v - a.v) * scale, b_v = -(c.u - a.u) * scale;
    const double c_u = -(b.v - a.v) * scale, c_v = (b.u - a.u) * scale;
    const double rise_b = b.inverse - a.inverse, rise_c = c.inverse - a.inverse;
    for (int row = top; row <= bottom; ++row) {
      const double v = row + 0.5 - a.v;
      const size_t start = static_cast<size_t>(row) * camera.width;
      for (int column = left; column <= right; ++column) {
        const double u = column + 0.5 - a.u;
        const double of_b = b_u * u + b_v * v, of_c = c_u * u + c_v * v;
        if (of_b < -kEdge || of_c < -kEdge || of_b + of_c > 1.0 + kEdge) continue;
        const float nearness = static_cast<float>(back * (a.inverse + of_b * rise_b + of_c * rise_c));
        if (nearness > inverse[start + column]) {
          inverse[start + column] = nearness;
          seen[start + column] = label;
        }
      }
    }
  }

 private:
  // By conversions: without SSE 4.1 std::ceil and std::floor are calls.
  static int first_pixel(double edge, int size) {
    if (!(edge > 0.5)) return 0;
    if (edge > size) return size;
    const int whole = static_cast<int>(edge - 0.5);
    return whole + (edge - 0.5 > whole);
  }
  static int last_pixel(double edge, int size) {
    if (edge >= size) return size - 1;
    return edge >= 0.5 ? static_cast<int>(edge - 0.5) : -1;
  }
};

Point cut(const Point& in, const Point& out, double near) {
  const double along = (near - in.z) / (out.z - in.z);
  return {in.x + along * (out.x - in.x), in.y + along * (out.y - in.y), near};
}

// What of a triangle is beyond the near plane: three or four corners.
void draw_cut(const Point* corner, int32_t label, Picture& picture) {
  Corner kept[4];
  int count = 0;
  const double near = picture.camera.near;
  for (int i = 0; i < 3; ++i) {
    const Point &p = corner[i], &next = corner[(i + 1) % 3];
    if (p.z >= near) kept[count++] = project(p, picture.camera);
    if ((p.z >= near) != (next.z >= near)) kept[count++] = project(cut(p, next, near), picture.camera);
  }
  for (int i = 2; i < count; ++i) picture.draw(kept[0], kept[i - 1], kept[i], label);
}

// False if no part of a ball is in the image.
bool may_see(const Point& centre, double radius, const Pinhole& camera) {
  if (centre.z + radius < camera.near) return false;
  const double right = camera.width - camera.cx, below = camera.height - camera.cy;
  // Distance to the planes through the camera and the borders of the image, inwards.
  const auto inside = [radius](double focal, double border, double aside, double ahead) {
    return focal * aside + border * ahead >= -radius * std::hypot(focal, border);
  };
  return inside(camera.fx, camera.cx, centre.x, centre.z) && inside(-camera.fx, right, centre.x, centre.z) &&
         inside(camera.fy, camera.cy, centre.y, centre.z) && inside(-camera.fy, below, centre.y, centre.z);
}

struct Pose {
  const double* row;  // rotation by rows, then translation

  Point apply(double x, double y, double z) const {
    return {row[0] * x + row[1] * y + row[2] * z + row[9], row[3] * x + row[4] * y + row[5] * z + row[10],
            row[6] * x + row[7] * y + row[8] * z + row[11]};
  }
};

}  // namespace

extern "C" {

// The arrays of geoloc_ros/landmarks/create/chunks.py, in its order. `pose`: camera_from_scene, rotation by rows, then
// translation. `intrinsics`: fx, fy, cx, cy, nearest depth. `label` is that of triangles as seen from their front; from
// behind they hide others and are labelled 0.
void geoloc_render_labels(int64_t num_chunks, const float* vertices, const int64_t* vertex_start,
                          const int32_t* triangles, const int64_t* triangle_start, const int32_t* label,
                          const double* balls, const double* pose, const double* intrinsics, int width, int height,
                          int32_t* out_label, float* out_depth) {
  const Pinhole camera{intrinsics[0], intrinsics[1], intrinsics[2], intrinsics[3], intrinsics[4], width, height};
  const Pose camera_from_scene{pose};
  const size_t pixels = static_cast<size_t>(width) * height;
  std::fill(out_label, out_label + pixels, 0);
  std::vector<float> inverse(pixels, 0.0f);
  Picture picture{out_label, inverse, camera};
  std::vector<Point> points;
  std::vector<uint8_t> code;
  std::vector<Corner> corners;
  for (int64_t chunk = 0; chunk < num_chunks; ++chunk) {
    const double* ball = balls + 4 * chunk;
    if (!may_see(camera_from_scene.apply(ball[0], ball[1], ball[2]), ball[3], camera)) continue;
    const size_t count = static_cast<size_t>(vertex_start[chunk + 1] - vertex_start[chunk]);
    points.resize(count);
    code.resize(count);
    corners.resize(count);
    const float* vertex = vertices + 3 * vertex_start[chunk];
    for (size_t i = 0; i < count; ++i) {
      points[i] = camera_from_scene.apply(vertex[3 * i], vertex[3 * i + 1], vertex[3 * i + 2]);
      code[i] = outside(points[i], camera);
      corners[i] = project(points[i], camera);
    }
    for (int64_t k = triangle_start[chunk]; k < triangle_start[chunk + 1]; ++k) {
      const int32_t* row = triangles + 3 * k;
      const uint8_t a = code[row[0]], b = code[row[1]], c = code[row[2]];
      if (a & b & c) continue;
      if ((a | b | c) & 16) {
        const Point corner[3] = {points[row[0]], points[row[1]], points[row[2]]};
        draw_cut(corner, label[k], picture);
      } else {
        picture.draw(corners[row[0]], corners[row[1]], corners[row[2]], label[k]);
      }
    }
  }
  for (size_t i = 0; i < pixels; ++i) out_depth[i] = inverse[i] > 0.0f ? 1.0f / inverse[i] : NAN;
}
}
