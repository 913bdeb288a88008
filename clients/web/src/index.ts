/** Everything for a page: the SDK core, the viewer and the `<visavis-avatar>` element. */
export * from './sdk';
