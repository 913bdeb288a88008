/** A cheap look for machines without a graphics card: light is reckoned for each vertex, once, instead of for each pixel.
 *
 * The same lamps and the same room as in `studio.ts`, without reflections, shadows and the skin's pores.
 */
import { Color, MeshBasicMaterial, type MeshStandardMaterial, Vector3 } from 'three';
import { type Light, ROOM, roomLights } from './studio';

/** How far light goes round the terminator: on skin furthest in red, on hair because its ribbons shine through. */
const WRAP: Readonly<Record<string, readonly [number, number, number]>> = {
  skin: [0.4, 0.22, 0.17],
  hair: [0.3, 0.3, 0.3],
};
const NO_WRAP = [0.08, 0.08, 0.08] as const;
/** Strength and sharpness of the light that a surface throws back at once. */
const SHINE: Readonly<Record<string, readonly [number, number]>> = {
  skin: [0.035, 12],
  hair: [0.012, 10],
  eyes: [0.35, 90],
  teeth: [0.2, 30],
  tongue: [0.12, 16],
};
const MATTE = [0, 1] as const;
const NORMALS = '#if defined ( USE_ENVMAP ) || defined ( USE_SKINNING )';
const PLACED = '#include <project_vertex>';
const COLOURED = 'vec3 outgoingLight = reflectedLight.indirectDiffuse;';

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
  plain.onBeforeCompile = (shader) => {
    shader.vertexShader = `varying vec3 vLight;\nvarying vec3 vShine;\n${shader.vertexShader
      .replace(NORMALS, '#if 1')
      .replace(PLACED, `${PLACED}\n${lightCode(name)}`)}`;
    shader.fragmentShader = `varying vec3 vLight;\nvarying vec3 vShine;\n${shader.fragmentShader.replace(
      COLOURED,
      'vec3 outgoingLight = reflectedLight.indirectDiffuse * vLight + vShine;',
    )}`;
  };
  plain.customProgramCacheKey = () => `plain ${name}`;
  return plain;
}

/** The camera never turns, so that directions in the room are directions before the camera. */
function lightCode(name: string): string {
  const wrap = vec3(WRAP[name] ?? NO_WRAP);
  const [strength, sharpness] = SHINE[name] ?? MATTE;
  const each = ({ towards, colour }: Light) => {
    const direction = vec3(new Vector3(...towards).normalize().toArray());
    const light = vec3(new Color(colour.color).multiplyScalar(colour.intensity).toArray());
    const shine = `pow(max(dot(face, normalize(${direction} + eye)), 0.), float(${sharpness})) * float(${strength})`;
    return `{ vec3 lit = clamp((vec3(dot(face, ${direction})) + ${wrap}) / (1. + ${wrap}), 0., 1.);
      vLight += lit * ${light}; vShine += ${light} * (${shine}); }`;
  };
  return `vec3 face = normalize(transformedNormal); vec3 eye = normalize(-mvPosition.xyz);
    vLight = ${vec3(ROOM)}; vShine = vec3(0.);
    ${roomLights().map(each).join('\n')}
    vLight *= RECIPROCAL_PI;`;
}

function vec3(values: readonly number[]): string {
  return `vec3(${values.map((value) => value.toFixed(4)).join(', ')})`;
}

/** Whether the light finds the lines of three's shaders that it changes. */
export function plainPatchFits({
  vertexShader,
  fragmentShader,
}: {
  readonly vertexShader: string;
  readonly fragmentShader: string;
}): boolean {
  return vertexShader.includes(NORMALS) && vertexShader.includes(PLACED) && fragmentShader.includes(COLOURED);
}
