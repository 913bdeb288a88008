// Light, tone mapping and material rules under which the cast is meant to be seen. The README explains each number.
import * as THREE from 'three';

const KEY = { color: 0xfff0e2, intensity: 2.0, position: [-0.7, 0.75, 1.3] };
const PLAIN_LIGHTS = [
  { color: 0xe2ebff, intensity: 0.75, position: [1.4, 0.15, 1.2] },   // fill
  { color: 0xffffff, intensity: 1.5, position: [1.1, 0.9, -1.3] },    // rim, viewer's right
  { color: 0xfff0e0, intensity: 1.0, position: [-1.3, 0.5, -1.2] },   // rim, viewer's left
];
const BOXES = [
  { size: [8, 8], position: [-6, 5, 7], color: '#fff3e6', intensity: 4.6 },
  { size: [5, 8], position: [9, 2, 4], color: '#e6eeff', intensity: 2.4 },
  { size: [10, 3], position: [0, 9, -5], color: '#ffffff', intensity: 3 },
  { size: [14, 8], position: [0, -9, 3], color: '#dcbfa6', intensity: 1.0 },
];
const NO_SHADOW_CAST = new Set(['lidshade', 'lash', 'eyes']);
const NO_SHADOW_RECEIVE = new Set(['lidshade', 'lash', 'hair', 'beard', 'eyes', 'teeth', 'tongue', 'mouth']);
const ENVIRONMENT = { lidshade: 0, mouth: 0.12, tongue: 0.6, teeth: 0.5 };

export function prepareRenderer(renderer) {
  renderer.toneMapping = THREE.NeutralToneMapping;
  renderer.toneMappingExposure = 1.0;
  renderer.shadowMap.enabled = true;
  renderer.shadowMap.type = THREE.PCFShadowMap;
}

export function lightScene(scene, renderer) {
  scene.environment = studioEnvironment(renderer);
  scene.environmentIntensity = 0.72;
  scene.add(keyLight());
  for (const { color, intensity, position } of PLAIN_LIGHTS) {
    const light = new THREE.DirectionalLight(color, intensity);
    light.position.set(...position);
    scene.add(light);
  }
}

function keyLight() {
  const key = new THREE.DirectionalLight(KEY.color, KEY.intensity);
  key.position.set(...KEY.position);
  key.castShadow = true;
  key.shadow.mapSize.set(2048, 2048);
  Object.assign(key.shadow.camera, { left: -0.28, right: 0.28, top: 0.2, bottom: -0.3, near: 0.2, far: 3 });
  key.shadow.bias = -0.0006;
  key.shadow.normalBias = 0.0012;
  key.shadow.radius = 6;
  key.shadow.intensity = 0.75;
  return key;
}

function studioEnvironment(renderer) {
  const room = new THREE.Scene();
  const wall = new THREE.MeshBasicMaterial({ color: new THREE.Color(0.46, 0.47, 0.5), side: THREE.BackSide });
  room.add(new THREE.Mesh(new THREE.SphereGeometry(20, 24, 16), wall));
  for (const { size, position, color, intensity } of BOXES) {
    const glow = new THREE.Color(color).multiplyScalar(intensity);
    const box = new THREE.Mesh(new THREE.PlaneGeometry(...size), new THREE.MeshBasicMaterial({ color: glow, side: THREE.DoubleSide }));
    box.position.set(...position);
    box.lookAt(0, 0, 0);
    room.add(box);
  }
  const generator = new THREE.PMREMGenerator(renderer);
  const texture = generator.fromScene(room, 0.03).texture;
  generator.dispose();
  return texture;
}

export function dressHead(root) {
  root.traverse((mesh) => {
    if (!mesh.isMesh) return;
    const part = mesh.material.name;
    mesh.frustumCulled = false;
    mesh.castShadow = !NO_SHADOW_CAST.has(part);
    mesh.receiveShadow = !NO_SHADOW_RECEIVE.has(part);
    for (const map of [mesh.material.map, mesh.material.normalMap]) if (map) map.anisotropy = 8;
    if (part in ENVIRONMENT) mesh.material.envMapIntensity = ENVIRONMENT[part];
    if (part === 'lidshade') mesh.material.depthWrite = false;
    if (part === 'hair' || part === 'beard') mesh.material.shadowSide = THREE.DoubleSide;
    if (part === 'skin') wrapLight(mesh.material);
  });
}

// Direct light wraps round the terminator, red furthest: a cheap look of light under the skin.
export function wrapLight(material) {
  const lambert = /reflectedLight\.directDiffuse \+= irradiance \*/;
  const wrapped = `float facing = dot(geometryNormal, directLight.direction);
    vec3 wrap = clamp((vec3(facing) + vec3(.40, .22, .17)) / vec3(1.40, 1.22, 1.17), 0., 1.);
    wrap *= wrap * (3. - 2. * wrap) * .35 + .65;
    reflectedLight.directDiffuse += wrap * directLight.color *`;
  material.onBeforeCompile = (shader) => {
    const chunk = THREE.ShaderChunk.lights_physical_pars_fragment;
    if (!lambert.test(chunk)) console.warn('skin wrap light: three changed its shader, the skin will look harder lit');
    shader.fragmentShader = shader.fragmentShader.replace('#include <lights_physical_pars_fragment>', chunk.replace(lambert, wrapped));
  };
  material.needsUpdate = true;
}
