/** How an avatar's face moves in the browser: idle motion, and the frames that the server streams. */
export { ARKIT, CHANNELS, turnEyes } from './channels';
export { decodeFace, FaceCodecError } from './codec';
export { EMOTIONS } from './emotions';
export { blend, type FaceFrame, type FaceFrames, newFrame } from './frame';
export { IdleFace } from './idle';
