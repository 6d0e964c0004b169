// Which triangle each pixel of an ideal pinhole sees: a z-buffer. See geoloc_ros/landmarks/create/view_labels.py.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

// Pixels whose centre lies on the edge of two triangles belong to one of them, whatever rounding says.
constexpr double kEdge = 1e-7;

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
  int32_t* seen;                // (H, W), which triangle, -1 for none
  std::vector<float>& inverse;  // (H, W), 1 / depth, 0 for none
  const Pinhole& camera;

  void draw(Corner a, Corner b, Corner c, int32_t triangle) {
    double area = (b.u - a.u) * (c.v - a.v) - (b.v - a.v) * (c.u - a.u);
    if (area < 0.0) {
      std::swap(b, c);
      area = -area;
    }
    if (!(area > 0.0)) return;
    // Pixels whose centre (+ 0.5) lies between the outermost corners.
    const int left = first_pixel(std::min({a.u, b.u, c.u})), top = first_pixel(std::min({a.v, b.v, c.v}));
    const int right = last_pixel(std::max({a.u, b.u, c.u}), camera.width);
    const int bottom = last_pixel(std::max({a.v, b.v, c.v}), camera.height);
    if (left > right || top > bottom) return;
    const double scale = 1.0 / area;
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
        const float nearness = static_cast<float>(a.inverse + of_b * rise_b + of_c * rise_c);
        if (nearness > inverse[start + column]) {
          inverse[start + column] = nearness;
          seen[start + column] = triangle;
        }
      }
    }
  }

 private:
  static int first_pixel(double edge) {
    return edge <= 0.5 ? 0 : static_cast<int>(std::min(std::ceil(edge - 0.5), 1e9));
  }
  static int last_pixel(double edge, int size) {
    return edge >= size ? size - 1 : static_cast<int>(std::floor(edge - 0.5));
  }
};

Point cut(const Point& in, const Point& out, double near) {
  const double along = (near - in.z) / (out.z - in.z);
  return {in.x + along * (out.x - in.x), in.y + along * (out.y - in.y), near};
}

// What of a triangle is beyond the near plane: three or four corners.
void draw_cut(const Point* corner, int32_t triangle, Picture& picture) {
  Corner kept[4];
  int count = 0;
  const double near = picture.camera.near;
  for (int i = 0; i < 3; ++i) {
    const Point &p = corner[i], &next = corner[(i + 1) % 3];
    if (p.z >= near) kept[count++] = project(p, picture.camera);
    if ((p.z >= near) != (next.z >= near)) kept[count++] = project(cut(p, next, near), picture.camera);
  }
  for (int i = 2; i < count; ++i) picture.draw(kept[0], kept[i - 1], kept[i], triangle);
}

bool is_from_behind(const Point& a, const Point& b, const Point& c) {
  const double abx = b.x - a.x, aby = b.y - a.y, abz = b.z - a.z, acx = c.x - a.x, acy = c.y - a.y, acz = c.z - a.z;
  return a.x * (aby * acz - abz * acy) + a.y * (abz * acx - abx * acz) + a.z * (abx * acy - aby * acx) >= 0.0;
}

}  // namespace

extern "C" {

// `intrinsics`: fx, fy, cx, cy, nearest depth. `pose`: camera_from_scene, rotation by rows, then translation.
// `label`: of triangles as seen from their front; from behind they hide others and are labelled 0.
void geoloc_render_labels(const float* vertices, int64_t num_vertices, const int32_t* triangles, int64_t num_triangles,
                          const int32_t* label, const double* pose, const double* intrinsics, int width, int height,
                          int32_t* out_label, float* out_depth) {
  const Pinhole camera{intrinsics[0], intrinsics[1], intrinsics[2], intrinsics[3], intrinsics[4], width, height};
  std::vector<Point> points(num_vertices);
  std::vector<uint8_t> code(num_vertices);
  const double *r = pose, *t = pose + 9;
  for (int64_t i = 0; i < num_vertices; ++i) {
    const double x = vertices[3 * i], y = vertices[3 * i + 1], z = vertices[3 * i + 2];
    points[i] = {r[0] * x + r[1] * y + r[2] * z + t[0], r[3] * x + r[4] * y + r[5] * z + t[1],
                 r[6] * x + r[7] * y + r[8] * z + t[2]};
    code[i] = outside(points[i], camera);
  }
  const size_t pixels = static_cast<size_t>(width) * height;
  std::fill(out_label, out_label + pixels, -1);
  std::vector<float> inverse(pixels, 0.0f);
  Picture picture{out_label, inverse, camera};
  for (int64_t k = 0; k < num_triangles; ++k) {
    const int32_t* row = triangles + 3 * k;
    const uint8_t a = code[row[0]], b = code[row[1]], c = code[row[2]];
    if (a & b & c) continue;
    const Point corner[3] = {points[row[0]], points[row[1]], points[row[2]]};
    if ((a | b | c) & 16) {
      draw_cut(corner, static_cast<int32_t>(k), picture);
    } else {
      picture.draw(project(corner[0], camera), project(corner[1], camera), project(corner[2], camera),
                   static_cast<int32_t>(k));
    }
  }
  for (size_t i = 0; i < pixels; ++i) {
    const int32_t k = out_label[i];
    out_depth[i] = k < 0 ? NAN : 1.0f / inverse[i];
    if (k < 0) {
      out_label[i] = 0;
      continue;
    }
    const int32_t* row = triangles + 3 * static_cast<int64_t>(k);
    out_label[i] = is_from_behind(points[row[0]], points[row[1]], points[row[2]]) ? 0 : label[k];
  }
}
}
