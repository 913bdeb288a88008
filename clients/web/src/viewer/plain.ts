/** A cheap look for machines without a graphics card: light is reckoned for each vertex, once, instead of for each pixel.
 *
 * The same lamps and the same room as in `studio.ts`, without reflections, shadows and the skin's pores.
 */

import { Color, MeshBasicMaterial, type MeshStandardMaterial, Vector3 } from 'three';
import { harmonicsOf, lightCode, type Triple, vec3 } from './irradiance';
import { ROOM, roomLights } from './studio';

/** How far light goes round the terminator: on skin furthest in red, on hair because its ribbons shine through. */
const WRAP: Readonly<Record<string, Triple>> = {
  skin: [0.4, 0.22, 0.17],
  hair: [0.3, 0.3, 0.3],
};
const NO_WRAP: Triple = [0.08, 0.08, 0.08];
/** Strength of the light that a surface throws back at once, and how often its lobe is squared: 3 is the eighth power. */
const SHINE: Readonly<Record<string, readonly [number, number]>> = {
  skin: [0.035, 4],
  hair: [0.012, 3],
  eyes: [0.35, 6],
  teeth: [0.2, 5],
  tongue: [0.12, 4],
};
const MATTE = [0, 0] as const;
/** The camera is far away and never turns, so that it is in this direction from everywhere. */
const EYE = new Vector3(0, 0, 1);

const PLACED = '#include <project_vertex>';
/** Processors take long for powers: both curves of sRGB without any, wrong by less than a shade of 256
 * (chilliant.com/rgb2hsv, "sRGB approximations for HLSL"). The texture must be one of plain numbers.
 */
const DECODED = `#ifdef USE_MAP
    vec4 texel = texture2D(map, vMapUv);
    texel.rgb *= texel.rgb * (texel.rgb * 0.305306011 + 0.682171111) + 0.012522878;
    diffuseColor *= texel;
  #endif`;
const ENCODED = `vec3 root = sqrt(gl_FragColor.rgb), root4 = sqrt(root);
  gl_FragColor.rgb = 0.662002687 * root + 0.68412206 * root4 - 0.323583601 * sqrt(root4) - 0.0225411470 * gl_FragColor.rgb;`;

const VARYINGS = 'varying vec3 vLight;\nvarying vec3 vShine;\n';
/** Lines of three's shaders, and what stands there instead. */
const VERTICES: ReadonlyMap<string, string> = new Map([
  ['#if defined ( USE_ENVMAP ) || defined ( USE_SKINNING )', '#if 1'],
]);
const FRAGMENTS: ReadonlyMap<string, string> = new Map([
  ['#include <map_fragment>', DECODED],
  [
    'vec3 outgoingLight = reflectedLight.indirectDiffuse;',
    'vec3 outgoingLight = reflectedLight.indirectDiffuse * vLight + vShine;',
  ],
  ['#include <colorspace_fragment>', ENCODED],
]);

export function plainMaterial(full: MeshStandardMaterial): MeshBasicMaterial {
  const { name, map, vertexColors, alphaTest, side, transparent, depthWrite, color, opacity } = full;
  const plain = new MeshBasicMaterial({
    map,
    vertexColors,
    alphaTest,
    side,
    transparent,
    depthWrite,
    color,
    opacity,
  });
  plain.name = name;
  const inVertices = new Map([
    ...VERTICES,
    [
      PLACED,
      `${PLACED}
${vertexCode(name)}`,
    ],
  ]);
  plain.onBeforeCompile = (shader) => {
    shader.vertexShader = VARYINGS + patched(shader.vertexShader, inVertices);
    shader.fragmentShader = VARYINGS + patched(shader.fragmentShader, FRAGMENTS);
  };
  plain.customProgramCacheKey = () => `plain ${name}`;
  return plain;
}

function vertexCode(name: string): string {
  const wrap = WRAP[name] ?? NO_WRAP;
  const rays = lights();
  const harmonics = harmonicsOf((normal) => diffuseOn(normal, wrap, rays));
  return `vec3 n = normalize(transformedNormal);
    vLight = max(${lightCode(harmonics)}, vec3(0.));
    vShine = vec3(0.);
    ${shineCode(rays, ...(SHINE[name] ?? MATTE))}`;
}

/** What a white surface sends out that faces along `normal`. */
function diffuseOn(normal: Vector3, wrap: Triple, rays: readonly Ray[]): Triple {
  const lit = { x: ROOM[0], y: ROOM[1], z: ROOM[2] };
  const on = (facing: number, round: number) => Math.min(1, Math.max(0, (facing + round) / (1 + round)));
  for (const { direction, light } of rays) {
    const facing = normal.dot(direction);
    lit.x += on(facing, wrap[0]) * light[0];
    lit.y += on(facing, wrap[1]) * light[1];
    lit.z += on(facing, wrap[2]) * light[2];
  }
  return [lit.x / Math.PI, lit.y / Math.PI, lit.z / Math.PI];
}

function shineCode(rays: readonly Ray[], strength: number, squarings: number): string {
  if (strength === 0) return '';
  const lobe = ({ direction, light }: Ray) => {
    const half = direction.clone().add(EYE).normalize();
    return `{ float lobe = max(dot(n, ${vec3(half.toArray())}), 0.); ${'lobe *= lobe; '.repeat(squarings)}
      vShine += lobe * ${vec3(light.map((value) => value * strength))}; }`;
  };
  return rays.map(lobe).join('\n');
}

interface Ray {
  readonly direction: Vector3;
  readonly light: Triple;
}

function lights(): readonly Ray[] {
  return roomLights().map(({ towards, colour: { color, intensity } }) => {
    const { r, g, b } = new Color(color);
    return { direction: new Vector3(...towards).normalize(), light: [r * intensity, g * intensity, b * intensity] };
  });
}

function patched(shader: string, lines: ReadonlyMap<string, string>): string {
  return [...lines].reduce((code, [line, instead]) => code.replace(line, instead), shader);
}

/** Whether the look finds the lines of three's shaders that it changes. */
export function plainPatchFits({
  vertexShader,
  fragmentShader,
}: {
  readonly vertexShader: string;
  readonly fragmentShader: string;
}): boolean {
  const lines = [...VERTICES.keys(), PLACED];
  return (
    lines.every((line) => vertexShader.includes(line)) &&
    [...FRAGMENTS.keys()].every((line) => fragmentShader.includes(line))
  );
}
