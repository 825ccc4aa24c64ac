/** Owns telling a model's file by its ending, in capitals as well, as some systems and programs write it. */

export const isOnnxFile = (path: string): boolean => /\.onnx$/i.test(path);
export const isSafetensorsFile = (path: string): boolean => /\.safetensors$/i.test(path);
