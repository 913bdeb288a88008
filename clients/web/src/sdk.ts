/** The SDK core: everything but the picture. */
export type { AudioPlayerOptions } from './audio/AudioPlayer';
export type { Position } from './audio/Playback';
export { type CaptionSegment, CaptionTrack } from './captions/CaptionTrack';
export { FaceDirector, type FaceDirectorOptions, type FaceSource } from './clock/FaceDirector';
export type { ConnectionChange, ConnectionState } from './conversation/Connection';
export type { Conversation, SayOptions } from './conversation/Conversation';
export { type ConnectOptions, connect } from './conversation/connect';
export type { ConversationEvents, ConversationProblem, StaleItem } from './conversation/events';
export { ARKIT, EMOTIONS, type FaceFrame, IdleFace } from './face';
export { decodableCodecs } from './frames/codecs';
export type { FramePlayer } from './frames/FramePlayer';
export type { Picture } from './frames/PictureQueue';
export { decodeMedia, encodeMedia, MediaFormatError, type MediaItem, MediaKind } from './protocol/media';
export type * from './protocol/messages';
export type { VideoProgress, VideoState } from './videos/progress';
export { VideoWatch, type VideoWatchEvents, type VideoWatchOptions, watchVideos } from './videos/VideoWatch';
