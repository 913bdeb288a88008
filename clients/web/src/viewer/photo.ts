/** What a viewer must know of a photo avatar: where its photo ends, and what lies behind the person. */
import { Mesh, type MeshBasicMaterial, type Object3D, type PerspectiveCamera, Vector3 } from 'three';
import { type Picture, pictureOf } from './textures';

/** Shares of the picture, 0–1 inside of it: where the photo's edges come to lie. */
export interface Edges {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** How far into the photo its edge is soft, as a share of the photo. */
const SOFT = 0.16;

export class PhotoRoom {
  readonly #wall: Mesh;
  readonly #corner = new Vector3();

  constructor(wall: Mesh) {
    this.#wall = wall;
  }

  /** The room of a photo avatar; null where the head is no photo. */
  static of(root: Object3D): PhotoRoom | null {
    let wall: Mesh | null = null;
    root.traverse((part) => {
      if (part instanceof Mesh && [part.material].flat()[0]?.name === 'photo-background') wall = part;
    });
    return wall === null ? null : new PhotoRoom(wall);
  }

  /** The photo without its person. */
  get picture(): Picture | null {
    return pictureOf((this.#wall.material as MeshBasicMaterial).map?.image);
  }

  /** Whether the photo's own room is shown behind the person. */
  set visible(visible: boolean) {
    this.#wall.visible = visible;
  }

  edges(camera: PerspectiveCamera): Edges {
    const positions = this.#wall.geometry.getAttribute('position');
    this.#wall.updateWorldMatrix(true, false);
    camera.updateMatrixWorld();
    const places = Array.from({ length: positions.count }, (_, corner) => {
      this.#corner.fromBufferAttribute(positions, corner);
      const { x, y } = this.#wall.localToWorld(this.#corner).project(camera);
      return [(1 + x) / 2, (1 - y) / 2] as const;
    });
    const across = places.map(([x]) => x);
    const down = places.map(([, y]) => y);
    return {
      left: Math.min(...across),
      right: Math.max(...across),
      top: Math.min(...down),
      bottom: Math.max(...down),
    };
  }
}

/** A CSS mask that melts edges which lie inside of the picture; those outside stay as they are. */
export function maskOf({ left, right, top, bottom }: Edges): string {
  return `${fade('to right', left, right)}, ${fade('to bottom', top, bottom)}`;
}

function fade(direction: string, from: number, to: number): string {
  const soft = SOFT * (to - from);
  const begin = from > 0.002 ? `transparent ${percent(from)}, #000 ${percent(from + soft)}` : '#000 0%';
  const end = to < 0.998 ? `#000 ${percent(to - soft)}, transparent ${percent(to)}` : '#000 100%';
  return `linear-gradient(${direction}, ${begin}, ${end})`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}
