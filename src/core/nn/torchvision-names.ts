/** Owns how torchvision names the parameters of the image networks that are written here under timm's names. */

export const torchvisionVitName = (name: string): string =>
  name
    .replace(/^cls_token$/, 'class_token')
    .replace(/^pos_embed$/, 'encoder.pos_embedding')
    .replace(/^patch_embed\.proj\./, 'conv_proj.')
    .replace(/^norm\./, 'encoder.ln.')
    .replace(/^head\./, 'heads.head.')
    .replace(/^blocks\.(\d+)\./, 'encoder.layers.encoder_layer_$1.')
    .replace('.norm1.', '.ln_1.')
    .replace('.norm2.', '.ln_2.')
    .replace('.attn.qkv.', '.self_attention.in_proj_')
    .replace('.attn.proj.', '.self_attention.out_proj.')
    .replace('.mlp.fc1.', '.mlp.0.')
    .replace('.mlp.fc2.', '.mlp.3.');

/** Stages and what is between them are counted through: `features` 1, 3, 5 ... are stages. */
const inFeatures = (name: string): string =>
  name
    .replace(/^(?:stages|layers)\.(\d+)\.downsample\./, (_, stage) => `features.${2 * stage}.`)
    .replace(/^(?:stages|layers)\.(\d+)\.blocks\./, (_, stage) => `features.${2 * stage + 1}.`);

export const torchvisionConvnextName = (name: string): string =>
  inFeatures(name)
    .replace(/^stem\./, 'features.0.')
    .replace(/^head\.norm\./, 'classifier.0.')
    .replace(/^head\.fc\./, 'classifier.2.')
    .replace('.conv_dw.', '.block.0.')
    .replace('.norm.', '.block.2.')
    .replace('.mlp.fc1.', '.block.3.')
    .replace('.mlp.fc2.', '.block.5.')
    .replace('.gamma', '.layer_scale');

export const torchvisionSwinName = (name: string): string =>
  inFeatures(name)
    .replace(/^patch_embed\.proj\./, 'features.0.0.')
    .replace(/^patch_embed\.norm\./, 'features.0.2.')
    .replace(/^head\.fc\./, 'head.')
    .replace('.mlp.fc1.', '.mlp.0.')
    .replace('.mlp.fc2.', '.mlp.3.');
