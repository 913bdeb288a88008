"""GLSL of the OpenGL renderer: the same surface and tone curve as in torch, per pixel."""

from typing import Final

VERTEX: Final = """#version 330
uniform mat4 camera;
in vec3 position; in vec3 normal; in vec3 diffuse; in vec3 specular;
in vec2 uv; in float alpha; in float cutoff; in float mirrors;
out vec3 n; out vec3 lit; out vec3 shine; out vec2 texel; out float opacity; out float hole; out float mirror;
void main() {
  gl_Position = camera * vec4(position, 1.0);
  gl_Position.z = 2.0 * gl_Position.z - gl_Position.w;
  n = normal; lit = diffuse; shine = specular; texel = uv; opacity = alpha; hole = cutoff; mirror = mirrors;
}
"""

FRAGMENT: Final = """#version 330
uniform sampler2D atlas; uniform sampler2D studio;
in vec3 n; in vec3 lit; in vec3 shine; in vec2 texel; in float opacity; in float hole; in float mirror;
out vec4 colour;
vec3 toned(vec3 c) {
  float low = min(c.r, min(c.g, c.b));
  c -= low < 0.08 ? low - 6.25 * low * low : 0.04;
  float peak = max(c.r, max(c.g, c.b));
  if (peak < 0.76) return c;
  float bent = 1.0 - 0.24 * 0.24 / (peak + 0.24 - 0.76);
  c *= bent / peak;
  return mix(c, vec3(bent), 1.0 - 1.0 / (0.15 * (peak - bent) + 1.0));
}
vec3 encoded(vec3 c) { return mix(c * 12.92, 1.055 * pow(max(c, 1e-6), vec3(1.0 / 2.4)) - 0.055, step(0.0031308, c)); }
void main() {
  vec4 base = texture(atlas, texel);
  if (base.a < hole) discard;
  vec3 light = base.rgb * lit + shine;
  if (mirror > 0.5) light += texture(studio, normalize(n).xy * 0.5 + 0.5).rgb;
  colour = vec4(encoded(toned(max(light, 0.0))) * opacity, opacity);
}
"""

SHRINK_VERTEX: Final = """#version 330
in vec2 corner;
out vec2 spot;
void main() { spot = corner * 0.5 + 0.5; gl_Position = vec4(corner, 0.0, 1.0); }
"""

SHRINK_FRAGMENT: Final = """#version 330
uniform sampler2D samples; uniform sampler2D backdrop; uniform vec2 reach; uniform bool cut_out;
in vec2 spot;
out vec4 colour;
void main() {
  vec4 sum = vec4(0.0);
  for (int i = 0; i < 4; i++) sum += texture(samples, spot + reach * (vec2(i & 1, i >> 1) - 0.5));
  sum *= 0.25;
  if (cut_out) colour = vec4(sum.rgb / max(sum.a, 1e-3), sum.a);
  else colour = vec4(sum.rgb + (1.0 - sum.a) * texture(backdrop, vec2(spot.x, 1.0 - spot.y)).rgb, 1.0);
}
"""
