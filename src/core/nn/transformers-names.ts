/** Owns how transformers names the parameters of the image networks that are written here under timm's names. */

/** @param prefix 'vit.' in a classifier, nothing in the model without a last layer. */
export const transformersVitName =
  (prefix: '' | 'vit.') =>
  (name: string): string =>
    name.startsWith('head.')
      ? name.replace('head', 'classifier')
      : prefix +
        name
          .replace(/^cls_token$/, 'embeddings.cls_token')
          .replace(/^pos_embed$/, 'embeddings.position_embeddings')
          .replace(/^patch_embed\.proj/, 'embeddings.patch_embeddings.projection')
          .replace(/^norm\./, 'layernorm.')
          .replace(/^blocks\./, 'encoder.layer.')
          .replace('.norm1.', '.layernorm_before.')
          .replace('.norm2.', '.layernorm_after.')
          .replace('.attn.proj.', '.attention.output.dense.')
          .replace('.attn.', '.attention.attention.')
          .replace('.mlp.fc1.', '.intermediate.dense.')
          .replace('.mlp.fc2.', '.output.dense.');

/** Stages and layers are counted from 0, where timm counts from 1. */
export const transformersResnetName = (name: string): string =>
  name
    .replace(/^fc\./, 'classifier.1.')
    .replace(/^conv1\./, 'embedder.embedder.convolution.')
    .replace(/^bn1\./, 'embedder.embedder.normalization.')
    .replace(/^layer(\d+)\./, (_, stage) => `encoder.stages.${stage - 1}.layers.`)
    .replace(/\.conv(\d)\./, (_, layer) => `.layer.${layer - 1}.convolution.`)
    .replace(/\.bn(\d)\./, (_, layer) => `.layer.${layer - 1}.normalization.`)
    .replace('.downsample.0.', '.shortcut.convolution.')
    .replace('.downsample.1.', '.shortcut.normalization.');

export const transformersConvnextName = (name: string): string =>
  name
    .replace(/^head\.fc\./, 'classifier.')
    .replace(/^head\.norm\./, 'layernorm.')
    .replace(/^stem\.0\./, 'embeddings.patch_embeddings.')
    .replace(/^stem\.1\./, 'embeddings.layernorm.')
    .replace(/^stages\./, 'encoder.stages.')
    .replace('.downsample.', '.downsampling_layer.')
    .replace('.blocks.', '.layers.')
    .replace('.conv_dw.', '.dwconv.')
    .replace('.norm.', '.layernorm.')
    .replace('.mlp.fc', '.pwconv')
    .replace('.mlp.grn.', '.grn.')
    .replace('.gamma', '.layer_scale_parameter');
