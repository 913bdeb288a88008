"""GLSL of the OpenGL renderer: light at vertices as in light.py, surface and tone curve per pixel.

Triangles are small: what has no texture gets its colour at the vertices.
"""

from typing import Final

_HEAD: Final = "#version 330\n"

_TONE: Final = """
vec3 toned(vec3 c) {
  float low = min(c.r, min(c.g, c.b));
  c -= low < 0.08 ? low - 6.25 * low * low : 0.04;
  float peak = max(c.r, max(c.g, c.b));
  float bent = 1.0 - 0.24 * 0.24 / (peak + 0.24 - 0.76);
  vec3 high = c * (bent / peak);
  high = mix(high, vec3(bent), 1.0 - 1.0 / (0.15 * (peak - bent) + 1.0));
  return peak < 0.76 ? c : high;
}

vec3 encoded(vec3 c) {  // sRGB within half a step of eight bits, without pow
  vec3 root = sqrt(c);
  vec3 curve = ((0.21683394 * root - 0.54033143) * root + 1.35733682) * root - 0.03194224;
  return mix(curve, c * 12.92, lessThan(c, vec3(0.0031308)));
}
"""

_VERTEX: Final = """
uniform mat4 camera; uniform mat3 turn; uniform vec3 pivot; uniform vec3 eye;
uniform vec3 towards[4]; uniform vec3 lamps[4]; uniform vec3 harmonics[9];
in vec3 position; in vec3 normal;
in vec4 place;  // uv in 0-1 of the atlas, share of the head's turn, how much of the key light comes
in vec4 gloss;  // squared roughness, reflectance, share of the walls' light, 1 for skin and 2 for what has two sides
in vec4 tint;   // colour; the alpha below which there is a hole, or opacity
#ifdef BARE
out vec3 shown;
#else
out vec3 lit; out vec3 shine; out vec2 texel;
#endif
#ifdef HOLES
flat out float hole;
#endif
#ifdef MIRROR
out vec3 facing;
#endif
#ifdef BLEND
out float opacity;
#endif
const vec3 WRAP = vec3(0.40, 0.22, 0.17);

vec3 walls(vec3 n) {
  vec3 sum = harmonics[0] * 0.282095 + 0.488603 * (harmonics[1] * n.y + harmonics[2] * n.z + harmonics[3] * n.x);
  sum += 1.092548 * (harmonics[4] * n.x * n.y + harmonics[5] * n.y * n.z + harmonics[7] * n.x * n.z);
  sum += harmonics[6] * (0.315392 * (3.0 * n.z * n.z - 1.0)) + harmonics[8] * (0.546274 * (n.x * n.x - n.y * n.y));
  return sum * gloss.z;
}

void main() {
  vec3 around = position - pivot;
  vec3 at = position + place.z * (turn * around - around);
  vec3 n = normalize(mix(normal, turn * normal, place.z));
  vec3 view = normalize(eye - at);
  float front = dot(n, view);
  if (gloss.w > 1.5 && front < 0.0) { n = -n; front = -front; }
  front = clamp(front, 1e-3, 1.0);
  bool skin = gloss.w > 0.5 && gloss.w < 1.5;
  float squared = gloss.x * gloss.x;
  vec3 diffuse = walls(n), specular = max(walls(2.0 * front * n - view), 0.0) * (1.0 - 0.6 * gloss.x);
  for (int i = 0; i < 4; i++) {
    float cosine = dot(n, towards[i]), reach = i == 0 ? place.w : 1.0, light = max(cosine, 0.0) * reach;
    vec3 soft = clamp((cosine + WRAP) / (1.0 + WRAP), 0.0, 1.0);
    soft *= soft * (3.0 - 2.0 * soft) * 0.35 + 0.65;
    diffuse += lamps[i] * (skin ? soft * reach : vec3(light));
    float along = clamp(dot(n, normalize(towards[i] + view)), 0.0, 1.0), spread = along * along * (squared - 1.0) + 1.0;
    float seen = front * sqrt(light * light * (1.0 - squared) + squared)
      + light * sqrt(front * front * (1.0 - squared) + squared);
    specular += lamps[i] * (0.5 * squared * light / (spread * spread * max(seen, 1e-4)));
  }
  float away = 1.0 - front, grazing = away * away * away * away * away;
  specular *= gloss.y * (1.0 + 6.0 * grazing);
  diffuse *= tint.rgb;
#ifdef BARE
  shown = encoded(toned(max(diffuse + specular, 0.0)));
#else
  lit = diffuse; shine = specular; texel = place.xy;
#endif
#ifdef HOLES
  hole = tint.w;
#endif
#ifdef MIRROR
  facing = n;
#endif
#ifdef BLEND
  opacity = tint.w;
#endif
  gl_Position = camera * vec4(at, 1.0);
  gl_Position.z = 2.0 * gl_Position.z - gl_Position.w;
}
"""

_FRAGMENT: Final = """
uniform sampler2D atlas; uniform sampler2D studio;
#ifdef BARE
in vec3 shown;
#else
in vec3 lit; in vec3 shine; in vec2 texel;
#endif
#ifdef HOLES
flat in float hole;
#endif
#ifdef MIRROR
in vec3 facing;
#endif
#ifdef BLEND
in float opacity;
#endif
out vec4 colour;

void main() {
#ifdef BARE
  colour = vec4(shown, 1.0);
#else
  vec4 base = texture(atlas, texel);
#ifdef HOLES
  if (base.a < hole) discard;
#endif
  vec3 light = base.rgb * base.rgb * lit + shine;
#ifdef MIRROR
  light += texture(studio, normalize(facing).xy * 0.5 + 0.5).rgb;
#endif
  colour = vec4(encoded(toned(max(light, 0.0))), 1.0);
#endif
#ifdef BLEND
  colour *= opacity;
#endif
}
"""

_NUMBERS: Final = """
uniform sampler2D atlas; uniform int first;
in vec2 texel; flat in float hole;
out vec4 colour;
void main() {
  if (texture(atlas, texel).a < hole) discard;
  int number = gl_PrimitiveID + first;
  colour = vec4(number & 255, number >> 8 & 255, number >> 16, 255) / 255.0;
}
"""


def surface(*features: str) -> tuple[str, str]:
    """The programs' sources for a surface with some of HOLES, MIRROR, BLEND, or BARE where there is no texture."""
    defined = _HEAD + "".join(f"#define {feature}\n" for feature in features)
    return defined + _TONE + _VERTEX, defined + _TONE + _FRAGMENT


def numbers() -> tuple[str, str]:
    """Sources that write each triangle's number, from `first` on, in place of its colour."""
    return _HEAD + "#define HOLES\n" + _TONE + _VERTEX, _HEAD + _NUMBERS


_CORNERS: Final = """
in vec2 corner;
out vec2 spot;
void main() { spot = corner * 0.5 + 0.5; gl_Position = vec4(corner, 0.0, 1.0); }
"""

_SHRINK: Final = """
uniform sampler2D samples; uniform sampler2D backdrop; uniform vec2 reach;
in vec2 spot;
out vec4 colour;
void main() {  // two bilinear looks cover the pixel: there are at most 2 x 2 samples in it
  vec4 seen = 0.5 * (texture(samples, spot - reach) + texture(samples, spot + reach));
#ifdef CUT_OUT
  colour = vec4(seen.rgb / max(seen.a, 1e-3), seen.a);
#else
  colour = vec4(seen.rgb + (1.0 - seen.a) * texture(backdrop, spot).rgb, 1.0);
#endif
}
"""


def shrinking(*, cut_out: bool) -> tuple[str, str]:
    """Sources that average samples into pixels, over the backdrop or with straight alpha."""
    return _HEAD + _CORNERS, _HEAD + ("#define CUT_OUT\n" if cut_out else "") + _SHRINK
