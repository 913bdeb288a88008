/** A loaded head: turns face frames into morph weights and the turn of the head joint. */
import { Box3, Euler, Mesh, type Object3D, Quaternion, Vector3 } from 'three';
import type { FaceFrame } from '../face';
import { type Cut, Wardrobe } from './dressing';
import type { HeadMeasure } from './framing';
import { PhotoRoom } from './photo';
import type { Quality } from './QualityGovernor';
import { SparseMorph } from './SparseMorph';

const RADIANS = Math.PI / 180;
/** Changes below this cannot be seen. */
const STEP = 1 / 1024;
/** Degrees: a tenth of a pixel at the tip of the nose. */
const TURN_STEP = 0.02;
/** Without a head joint the shoulders turn too, so it turns less. */
const WHOLE_BODY = 0.6;
/** Outer corner to outer corner of a natural pair of eyes, metres. */
const EYES_WIDTH = 0.087;
/** Crown to eyes, metres. */
const CROWN = 0.125;

interface MorphSlot {
  readonly influences: number[];
  readonly index: number;
}

export class HeadModel {
  readonly root: Object3D;
  /** Taken at rest, so that the picture does not depend on where the head happens to be turned. */
  readonly measure: HeadMeasure;
  /** Null where this is no photo. */
  readonly room: PhotoRoom | null;
  readonly #slots: readonly (readonly MorphSlot[])[];
  readonly #weights: Float32Array;
  readonly #joint: Object3D;
  readonly #rest: Quaternion;
  readonly #share: number;
  readonly #morphs: ReadonlyMap<Mesh, SparseMorph>;
  readonly #wardrobe: Wardrobe;
  readonly #turned = new Float32Array(3);
  readonly #euler = new Euler(0, 0, 0, 'YXZ');
  readonly #rotation = new Quaternion();

  /** @param channels names of the weights of a frame, in their order */
  constructor(root: Object3D, channels: readonly string[]) {
    this.root = root;
    this.#slots = channels.map((name) => morphSlots(root, name));
    this.#weights = new Float32Array(channels.length);
    const joint = root.getObjectByName('head') ?? root.getObjectByName('Head');
    this.#joint = joint ?? root;
    this.#share = joint === undefined ? WHOLE_BODY : 1;
    this.#rest = this.#joint.quaternion.clone();
    this.measure = measureHead(root);
    this.room = PhotoRoom.of(root);
    this.#wardrobe = new Wardrobe(root);
    this.#morphs = morphsOf(root);
  }

  /** The weights that are shown, in the order of the channels. */
  get weights(): Readonly<Float32Array> {
    return this.#weights;
  }

  /** How many of the channels the model has a morph for. */
  get channels(): number {
    return this.#slots.filter((slots) => slots.length > 0).length;
  }

  /** Look as a quality wants it. */
  wear(quality: Pick<Quality, 'plain' | 'pixelRatio'>): void {
    this.#wardrobe.wear(quality);
  }

  /** What moves the vertices of `mesh`; null where nothing does. */
  morphOf(mesh: Mesh): SparseMorph | null {
    return this.#morphs.get(mesh) ?? null;
  }

  /** Draw no other triangles of `mesh`. */
  trim(mesh: Mesh, triangles: Cut): void {
    this.#wardrobe.trim(mesh, triangles);
  }

  /** Show `frame`, the head's turn scaled by `sway` (0–1). Returns how many channels and angles changed visibly. */
  show(frame: FaceFrame, sway: number): number {
    let changed = 0;
    for (let channel = 0; channel < this.#weights.length; channel++) {
      const weight = frame.weights[channel] ?? 0;
      if (Math.abs(weight - (this.#weights[channel] ?? 0)) < STEP) continue;
      this.#weights[channel] = weight;
      for (const slot of this.#slots[channel] ?? []) slot.influences[slot.index] = weight;
      changed += 1;
    }
    if (changed > 0) for (const morph of this.#morphs.values()) morph.apply();
    return changed + this.#turn(frame.head, sway * this.#share);
  }

  /** Do something while the head is turned as in `frame`; it is back when that is done. */
  posed(frame: FaceFrame, look: () => void): void {
    const before = this.#joint.quaternion.clone();
    this.#pose(frame.head, this.#share);
    look();
    this.#joint.quaternion.copy(before);
  }

  /** Free what the graphics card holds. */
  dispose(): void {
    this.wear({ plain: false, pixelRatio: 1 }); // its textures are all that there are
    this.root.traverse((part) => {
      if (!(part instanceof Mesh)) return;
      part.geometry.dispose();
      for (const material of [part.material].flat()) {
        for (const value of Object.values(material)) if (isTexture(value)) value.dispose();
        material.dispose();
      }
    });
    this.#wardrobe.dispose();
  }

  #turn(head: Float32Array, share: number): number {
    const moved = head.reduce((sum, angle, axis) => {
      return sum + (Math.abs(angle * share - (this.#turned[axis] ?? 0)) < TURN_STEP ? 0 : 1);
    }, 0);
    if (moved === 0) return 0;
    this.#turned.set(head.map((angle) => angle * share));
    this.#pose(head, share);
    return moved;
  }

  #pose(head: Float32Array, share: number): void {
    const scale = share * RADIANS;
    this.#euler.set(-(head[1] ?? 0) * scale, (head[0] ?? 0) * scale, (head[2] ?? 0) * scale);
    this.#joint.quaternion.copy(this.#rest).multiply(this.#rotation.setFromEuler(this.#euler));
  }
}

function morphsOf(root: Object3D): Map<Mesh, SparseMorph> {
  const found = new Map<Mesh, SparseMorph>();
  for (const mesh of meshesOf(root)) {
    const morph = SparseMorph.of(mesh);
    if (morph !== null) found.set(mesh, morph);
  }
  return found;
}

export function meshesOf(root: Object3D): Mesh[] {
  const meshes: Mesh[] = [];
  root.traverse((part) => part instanceof Mesh && meshes.push(part));
  return meshes;
}

/** Every place in the model where the morph `name` is set; exporters put prefixes before a dot. */
function morphSlots(root: Object3D, name: string): readonly MorphSlot[] {
  const slots: MorphSlot[] = [];
  root.traverse((part) => {
    if (!(part instanceof Mesh) || part.morphTargetInfluences === undefined) return;
    for (const [target, index] of Object.entries(part.morphTargetDictionary ?? {})) {
      if (target.slice(target.lastIndexOf('.') + 1) === name)
        slots.push({ influences: part.morphTargetInfluences, index });
    }
  });
  return slots;
}

function measureHead(root: Object3D): HeadMeasure {
  root.updateMatrixWorld(true);
  const eyes = root.getObjectByName('eyes');
  const box = new Box3().setFromObject(eyes ?? root);
  const middle = box.getCenter(new Vector3());
  if (eyes === undefined) return { eyeLevel: box.max.y - CROWN, depth: middle.z, scale: 1 };
  return { eyeLevel: middle.y, depth: middle.z, scale: (box.max.x - box.min.x) / EYES_WIDTH };
}

function isTexture(value: unknown): value is { dispose(): void } {
  return typeof value === 'object' && value !== null && 'isTexture' in value && 'dispose' in value;
}
