// Draws one head at a time for portraits and contact sheets; driven from Python through window.studio.
import * as THREE from 'three';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
import { dressHead, lightScene, prepareRenderer } from '/studio/light.js';

const RADIANS = Math.PI / 180;
const renderer = new THREE.WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
prepareRenderer(renderer);
document.body.appendChild(renderer.domElement);
const scene = new THREE.Scene();
scene.background = backdrop();
lightScene(scene, renderer);
const camera = new THREE.PerspectiveCamera(20, 1, 0.05, 20);
let shown = null;

function backdrop() {
  const canvas = Object.assign(document.createElement('canvas'), { width: 256, height: 256 });
  const paint = canvas.getContext('2d');
  const glow = paint.createRadialGradient(128, 110, 10, 128, 130, 210);
  glow.addColorStop(0, '#f4f1ec');
  glow.addColorStop(0.55, '#dfe2e4');
  glow.addColorStop(1, '#b4bec8');
  paint.fillStyle = glow;
  paint.fillRect(0, 0, 256, 256);
  const texture = new THREE.CanvasTexture(canvas);
  texture.colorSpace = THREE.SRGBColorSpace;
  return texture;
}

async function load(url) {
  if (shown) scene.remove(shown);
  shown = (await new GLTFLoader().loadAsync(url)).scene;
  dressHead(shown);
  scene.add(shown);
}

function pose(weights, head = { yaw: 0, pitch: 0, roll: 0 }) {
  shown.traverse((mesh) => {
    if (!mesh.morphTargetDictionary) return;
    mesh.morphTargetInfluences.fill(0);
    for (const [name, weight] of Object.entries(weights)) {
      const index = mesh.morphTargetDictionary[name];
      if (index !== undefined) mesh.morphTargetInfluences[index] = weight;
    }
  });
  const joint = shown.getObjectByName('head');
  if (joint) joint.rotation.set(-head.pitch * RADIANS, head.yaw * RADIANS, head.roll * RADIANS, 'YXZ');
}

// view: {width, height, fov (degrees), distance (m), height_m (m), orbit (degrees), scale (supersampling)}
function draw(view) {
  renderer.setPixelRatio(view.scale);
  renderer.setSize(view.width, view.height);
  camera.fov = view.fov;
  camera.aspect = view.width / view.height;
  const angle = view.orbit * RADIANS;
  camera.position.set(view.distance * Math.sin(angle), view.level, view.distance * Math.cos(angle));
  camera.lookAt(0, view.level, 0);
  camera.updateProjectionMatrix();
  renderer.render(scene, camera);
  return renderer.domElement.toDataURL('image/png');
}

window.studio = { load, pose, draw };
