/** Owns how transformers names the parameters of the image networks that are written here under timm's names. */

/** ViT and DeiT, whose last layers stand behind the class token and behind the distillation token. */
export const transformersVitName = (name: string): string =>
  name
    .replace(/^head\./, 'classifier.')
    .replace(/^head_dist\./, 'distillation_classifier.')
    .replace(/^cls_token$/, 'embeddings.cls_token')
    .replace(/^dist_token$/, 'embeddings.distillation_token')
    .replace(/^reg_token$/, 'embeddings.register_tokens')
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

/** DINOv2, whose blocks have names of their own. */
export const transformersDinov2Name = (name: string): string =>
  transformersVitName(name)
    .replace('.layernorm_before.', '.norm1.')
    .replace('.layernorm_after.', '.norm2.')
    .replace(/\.ls([12])\.gamma$/, '.layer_scale$1.lambda1')
    .replace('.intermediate.dense.', '.mlp.fc1.')
    .replace(/(\d)\.output\.dense\./, '$1.mlp.fc2.');

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

/**
 * EfficientNet, whose blocks are counted through.
 * @param depths blocks of each stage; @param expanded of each stage, whether its blocks widen their input first
 */
export const transformersEfficientnetName =
  (depths: readonly number[], expanded: readonly boolean[]) =>
  (name: string): string => {
    const outside = name
      .replace(/^conv_stem\./, 'embeddings.convolution.')
      .replace(/^bn1\./, 'embeddings.batchnorm.')
      .replace(/^conv_head\./, 'encoder.top_conv.')
      .replace(/^bn2\./, 'encoder.top_bn.');
    return outside.replace(/^blocks\.(\d+)\.(\d+)\.(\w+\.(?:conv_\w+\.)?)/, (_, stage, block, layer) => {
      const number = depths.slice(0, stage).reduce((a, b) => a + b, Number(block));
      return `encoder.blocks.${number}.${(expanded[stage] ? inverted : separable).get(layer) ?? layer}`;
    });
  };

const squeeze = [
  ['se.conv_reduce.', 'squeeze_excite.reduce.'],
  ['se.conv_expand.', 'squeeze_excite.expand.'],
] as const;
const inverted: ReadonlyMap<string, string> = new Map([
  ['conv_pw.', 'expansion.expand_conv.'],
  ['bn1.', 'expansion.expand_bn.'],
  ['conv_dw.', 'depthwise_conv.depthwise_conv.'],
  ['bn2.', 'depthwise_conv.depthwise_norm.'],
  ['conv_pwl.', 'projection.project_conv.'],
  ['bn3.', 'projection.project_bn.'],
  ...squeeze,
]);
const separable: ReadonlyMap<string, string> = new Map([
  ['conv_dw.', 'depthwise_conv.depthwise_conv.'],
  ['bn1.', 'depthwise_conv.depthwise_norm.'],
  ['conv_pw.', 'projection.project_conv.'],
  ['bn2.', 'projection.project_bn.'],
  ...squeeze,
]);

/** Swin, whose patches are merged at the end of a stage, where timm merges at the start of the next. */
export const transformersSwinName = (name: string): string =>
  name
    .replace(/^head\.fc\./, 'classifier.')
    .replace(/^norm\./, 'layernorm.')
    .replace(/^patch_embed\.proj\./, 'embeddings.patch_embeddings.projection.')
    .replace(/^patch_embed\.norm\./, 'embeddings.norm.')
    .replace(/^layers\.(\d+)\.downsample\./, (_, stage) => `encoder.layers.${stage - 1}.downsample.`)
    .replace(/^layers\./, 'encoder.layers.')
    .replace('.norm1.', '.layernorm_before.')
    .replace('.norm2.', '.layernorm_after.')
    .replace('.attn.proj.', '.attention.output.dense.')
    .replace('.attn.', '.attention.self.')
    .replace('.mlp.fc1.', '.intermediate.dense.')
    .replace('.mlp.fc2.', '.output.dense.');

export const transformersBeitName = (name: string): string =>
  transformersVitName(name)
    .replace(/^fc_norm\./, 'pooler.layernorm.')
    .replace(/^rel_pos_bias\./, 'encoder.relative_position_bias.')
    .replace(
      '.attention.attention.relative_position_bias_table',
      '.attention.attention.relative_position_bias.relative_position_bias_table',
    )
    .replace(/\.gamma_([12])$/, '.lambda_$1');
