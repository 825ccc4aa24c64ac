/** Owns which names promise a picture: those that are read, and those of other programs. */
import { extensionOf } from './fs-names.ts';

const READ = new Set('.jpg .jpeg .jpe .jfif .png .apng .webp .gif .bmp .dib .tif .tiff .avif'.split(' '));
/** Pictures by name that we do not read: listed, so that nobody wonders where they are. */
const OTHER = new Set(
  '.heic .heif .jp2 .j2k .jpx .jxl .svg .ico .psd .qoi .ppm .pgm .pbm .pnm .tga .pcx .exr .hdr .dng .cr2 .nef .arw'.split(
    ' ',
  ),
);

export const isReadPicture = (name: string): boolean => READ.has(extensionOf(name));
export const isOtherPicture = (name: string): boolean => OTHER.has(extensionOf(name));
export const isPicture = (name: string): boolean => isReadPicture(name) || isOtherPicture(name);
