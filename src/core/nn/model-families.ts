/**
 * Owns telling other families of image models from Stable Diffusion 1.x and 2.x, by what a Diffusers folder calls its
 * pipeline and by the names of a file's tensors, so that a refusal can say what a model is.
 */

/** What Crux opens, for refusals. */
export const openedFamilies = 'Stable Diffusion 1.x and 2.x, SD-Turbo and LCM among them';

interface Family {
  name: string;
  /** The class that model_index.json names. */
  pipeline?: RegExp;
  /** A tensor that no other family has, without the prefixes that programs put before the network. */
  tensor?: RegExp;
}

/** Before the network's own names: ComfyUI's, diffusers' and NVIDIA's. */
const prefixes = /^(?:model\.diffusion_model\.|diffusion_model\.|transformer\.|net\.)/;

/** The first that fits is meant: a family stands before those that it was made from. */
export const foreignFamilies: readonly Family[] = [
  { name: 'Stable Video Diffusion', pipeline: /^StableVideoDiffusion/, tensor: /\.time_stack\./ },
  { name: 'AnimateDiff', pipeline: /^(AnimateDiff|PIA)/, tensor: /(^|\.)motion_modules\./ },
  { name: 'ControlNet', tensor: /^(control_model|controlnet_cond_embedding|controlnet_blocks)\./ },
  { name: 'Kolors', pipeline: /^Kolors/, tensor: /^encoder_hid_proj\.weight$/ },
  { name: 'Kandinsky', pipeline: /^Kandinsky/, tensor: /^add_embedding\.image_/ },
  {
    name: 'Stable Diffusion XL',
    pipeline: /^(Onnx|ORT)?StableDiffusionXL|SDXLPipeline$/,
    tensor:
      /^conditioner\.embedders\.|^input_blocks\.\d+\.1\.transformer_blocks\.[1-9]|^add_embedding\.linear_1\./,
  },
  {
    name: 'Stable Diffusion upscaling or unCLIP',
    pipeline: /^(Onnx)?StableDiffusion(Latent)?Upscale|^LDMSuperResolution|^(Stable)?UnCLIP/,
    tensor: /^label_emb\./,
  },
  {
    name: 'Stable Cascade',
    pipeline: /^(StableCascade|Wuerstchen)/,
    tensor: /^clip_txt_mapper\.|^down_blocks\.\d+\.\d+\.channelwise\./,
  },
  { name: 'Stable Audio', pipeline: /^StableAudio/ },
  { name: 'FLUX.3', pipeline: /^Flux3/, tensor: /^early_stream_modulations\.|^ref_time_in\./ },
  {
    name: 'FLUX.2',
    pipeline: /^Flux2/,
    tensor: /^(single_stream|double_stream)_modulation(_img|_txt)?\./,
  },
  { name: 'Chroma', pipeline: /^Chroma/, tensor: /^distilled_guidance_layer\./ },
  {
    name: 'HunyuanVideo',
    pipeline: /^Hunyuan(Video|Skyreels)/,
    tensor: /^txt_in\.individual_token_refiner\.|^context_embedder\.token_refiner\./,
  },
  { name: 'Hunyuan', pipeline: /^Hunyuan/, tensor: /^text_embedding_padding$/ },
  { name: 'AuraFlow', pipeline: /^AuraFlow/, tensor: /^double_layers\.|^joint_transformer_blocks\./ },
  {
    name: 'FLUX.1',
    pipeline: /^(Flux|VisualCloze)/,
    tensor: /^(double_blocks|single_blocks|single_transformer_blocks)\./,
  },
  {
    name: 'Qwen-Image',
    pipeline: /^QwenImage/,
    tensor: /^transformer_blocks\.\d+\.img_mod\.|^txt_in\.text_norm\./,
  },
  {
    name: 'Stable Diffusion 3',
    pipeline: /^StableDiffusion3/,
    tensor: /^joint_blocks\.|^transformer_blocks\.\d+\.attn\.add_q_proj\.|^text_encoders\.clip_g\./,
  },
  { name: 'Sana', pipeline: /^Sana/, tensor: /\.(ff|mlp)\.(conv_inverted|inverted_conv)\./ },
  { name: 'LTX-Video', pipeline: /^LTX/, tensor: /^patchify_proj\.|^av_ca_|^time_embed\.emb\./ },
  { name: 'Latte', pipeline: /^Latte/, tensor: /^temporal_transformer_blocks\./ },
  {
    name: 'PixArt',
    pipeline: /^PixArt/,
    tensor: /^blocks\.\d+\.cross_attn\.(q|kv)_linear\.|^caption_projection\.y_embedding|^adaln_single\.emb\./,
  },
  {
    name: 'Wan',
    pipeline: /^Wan/,
    tensor: /^head\.modulation$|^vace_blocks\.|^blocks\.\d+\.cross_attn\.norm_k\.|^condition_embedder\./,
  },
  { name: 'Z-Image', pipeline: /^ZImage/, tensor: /^layers\.\d+\.adaLN_modulation\.0\.|^all_x_embedder\./ },
  { name: 'Lumina', pipeline: /^Lumina/, tensor: /^(cap_embedder|time_caption_embed)\./ },
  { name: 'HiDream', pipeline: /^HiDream/, tensor: /^double_stream_blocks\./ },
  { name: 'Mochi', pipeline: /^Mochi/, tensor: /^blocks\.\d+\.attn\.qkv_x\.|^time_embed\.pooler\./ },
  { name: 'Cosmos', pipeline: /^Cosmos/, tensor: /^(x_embedder\.proj\.1|extra_pos_embedder)\./ },
  { name: 'Krea', pipeline: /^Krea/, tensor: /^txtfusion\./ },
  { name: 'DeepFloyd IF', pipeline: /^IF(Img2Img|Inpainting|SuperResolution)*Pipeline$/ },
  { name: 'CogView', pipeline: /^CogView/, tensor: /^time_condition_embed\./ },
  { name: 'CogVideoX', pipeline: /^(CogVideoX|ConsisID)/, tensor: /^patch_embed\.text_proj\./ },
  { name: 'DiT', pipeline: /^DiT/, tensor: /\.norm1\.emb\.class_embedder\./ },
  { name: 'Bria', pipeline: /^Bria/ },
  { name: 'SkyReels', pipeline: /^SkyReels/ },
  { name: 'Helios', pipeline: /^Helios/ },
  { name: 'AudioLDM', pipeline: /^(AudioLDM|MusicLDM)/ },
  { name: 'UniDiffuser', pipeline: /^UniDiffuser/ },
  { name: 'Versatile Diffusion', pipeline: /^VersatileDiffusion/ },
  { name: 'BLIP-Diffusion', pipeline: /^BlipDiffusion/ },
  { name: 'Paint by Example', pipeline: /^PaintByExample/ },
  { name: 'Marigold', pipeline: /^Marigold/ },
  { name: 'ModelScope text-to-video', pipeline: /^(TextToVideo|VideoToVideo)SD/ },
  { name: 'T5', tensor: /^(encoder|decoder)\.block\.\d+\.layer\.\d+\.SelfAttention\./ },
  { name: 'BERT', tensor: /^((ro)?bert(a)?\.)?encoder\.layer\.\d+\.attention\.self\./ },
];

/** Null: the pipeline may be of Stable Diffusion 1.x or 2.x. */
export const familyOfPipeline = (className: string): string | null =>
  foreignFamilies.find(({ pipeline }) => pipeline?.test(className))?.name ?? null;

/** Null: the tensors are of no family that the table knows. */
export function familyOfTensors(names: Iterable<string>): string | null {
  const bare = [...names].map((name) => name.replace(prefixes, ''));
  return foreignFamilies.find(({ tensor }) => tensor && bare.some((name) => tensor.test(name)))?.name ?? null;
}

/** "a Kolors model; Crux opens ..." */
export const isForeign = (family: string): string =>
  `${/^([AEIOU](?!ni)|LDM|LTX)/.test(family) ? 'an' : 'a'} ${family} model; Crux opens ${openedFamilies}`;

/** The parts of a Stable Diffusion folder, by a tensor that each begins with. */
const parts = [
  { part: 'U-Net', tensor: /^down_blocks\.\d+\.(attentions|resnets)\./ },
  { part: 'autoencoder', tensor: /^decoder\.(up_blocks|up)\.\d+\./ },
  { part: 'text encoder', tensor: /^(text_model\.)?encoder\.layers\.\d+\.self_attn\./ },
] as const;

/** Of a file that is one part of a model; null: of none. No file of familyOfTensors. */
export function partOfTensors(names: Iterable<string>): string | null {
  const all = [...names];
  return parts.find(({ tensor }) => all.some((name) => tensor.test(name)))?.part ?? null;
}
