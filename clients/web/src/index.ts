/** Everything for a page: the SDK core, the viewer and the `<visavis-avatar>` element, which is defined at once. */
import { defineAvatarElement } from './element/VisavisAvatar';

export { VisavisAvatar } from './element/VisavisAvatar';
export { FrameView, type FrameViewEvents } from './frames/FrameView';
export * from './sdk';
export { LEVELS, type Quality } from './viewer/QualityGovernor';
export { Viewer, type ViewerEvents, type ViewerStats } from './viewer/Viewer';

defineAvatarElement();
