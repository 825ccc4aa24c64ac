/**
 * Owns the table of what diffusers and transformers write into the configs of Stable Diffusion's networks, and what
 * becomes of each field here. A test walks the libraries' own lists.
 */

/**
 * read: the network is built by it. no effect: it changes nothing that Crux computes. A list: the values that leave out
 * a part which Crux does not have; any other is refused by name.
 */
export type FieldUse = 'read' | 'no effect' | readonly unknown[];
export type FieldTable = Readonly<Record<string, FieldUse>>;

/** What a config says that no table has; what the library notes about the file itself begins with "_". */
export const unknownFields = (json: object, table: FieldTable): string[] =>
  Object.keys(json).filter((name) => !name.startsWith('_') && !Object.hasOwn(table, name));

export const unetFields: FieldTable = {
  _class_name: ['UNet2DConditionModel'],
  act_fn: ['silu', 'swish'],
  addition_embed_type: [null],
  addition_embed_type_num_heads: 'no effect', // of an addition_embed_type only
  addition_time_embed_dim: [null],
  attention_head_dim: 'read',
  attention_type: ['default'],
  block_out_channels: 'read',
  center_input_sample: [false],
  class_embed_type: [null],
  class_embeddings_concat: 'no effect', // of a class_embed_type only
  conv_in_kernel: [3],
  conv_out_kernel: [3],
  cross_attention_dim: 'read',
  cross_attention_norm: [null],
  down_block_types: 'read',
  downsample_padding: 'read',
  dropout: 'no effect', // of the network's own training only
  dual_cross_attention: [false],
  encoder_hid_dim: [null],
  encoder_hid_dim_type: [null],
  flip_sin_to_cos: 'read',
  freq_shift: 'read',
  in_channels: 'read',
  layers_per_block: 'read',
  mid_block_only_cross_attention: [null, false],
  mid_block_scale_factor: [1],
  mid_block_type: ['UNetMidBlock2DCrossAttn'],
  norm_eps: 'read',
  norm_num_groups: 'read',
  num_attention_heads: [null], // it would be the true name of attention_head_dim; diffusers refuses it as well
  num_class_embeds: [null],
  only_cross_attention: [false],
  out_channels: 'read',
  projection_class_embeddings_input_dim: [null],
  resnet_out_scale_factor: [1],
  resnet_skip_time_act: [false],
  resnet_time_scale_shift: ['default'],
  reverse_transformer_layers_per_block: [null],
  sample_size: 'read',
  time_cond_proj_dim: 'read',
  time_embedding_act_fn: [null],
  time_embedding_dim: 'read',
  time_embedding_type: ['positional'],
  timestep_post_act: [null],
  transformer_layers_per_block: [1],
  up_block_types: 'read',
  upcast_attention: 'read',
  use_linear_projection: 'read',
};

export const autoencoderFields: FieldTable = {
  _class_name: ['AutoencoderKL'],
  act_fn: ['silu', 'swish'],
  block_out_channels: 'read',
  down_block_types: ['DownEncoderBlock2D'],
  force_upcast: 'no effect', // it is computed in single precision in any case
  in_channels: 'read',
  latent_channels: 'read',
  latents_mean: [null],
  latents_std: [null],
  layers_per_block: 'read',
  mid_block_add_attention: [true],
  norm_num_groups: 'read',
  out_channels: 'read',
  sample_size: 'no effect', // of tiles, which Crux does not cut images into
  scaling_factor: 'read',
  // Later models leave these convolutions out, or shift their latents.
  shift_factor: [null, 0],
  up_block_types: ['UpDecoderBlock2D'],
  use_post_quant_conv: [true],
  use_quant_conv: [true],
};

export const clipTextFields: FieldTable = {
  architectures: [null, 'CLIPTextModel', 'CLIPTextModelWithProjection'],
  attention_dropout: 'no effect', // of the network's own training only
  // Of the pooled state, which Stable Diffusion does not use.
  bos_token_id: 'no effect',
  eos_token_id: 'no effect',
  projection_dim: 'no effect',
  hidden_act: 'read',
  hidden_size: 'read',
  initializer_factor: 'no effect', // of new weights only
  initializer_range: 'no effect',
  intermediate_size: 'read',
  layer_norm_eps: 'read',
  max_position_embeddings: 'read',
  model_type: ['clip_text_model'],
  num_attention_heads: 'read',
  num_hidden_layers: 'read',
  pad_token_id: 'no effect', // the tokenizer's is used
  vocab_size: 'read',
  // What every config of the library has: of other heads, of what it returns and where it came from.
  _name_or_path: 'no effect',
  chunk_size_feed_forward: 'no effect',
  dtype: 'no effect',
  id2label: 'no effect',
  is_encoder_decoder: [false],
  label2id: 'no effect',
  output_attentions: 'no effect',
  output_hidden_states: 'no effect',
  problem_type: 'no effect',
  return_dict: 'no effect',
  transformers_version: 'no effect',
};
