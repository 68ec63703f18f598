/**
 * The URL of the model that comes with the package: ViT-Ti/16 for ImageNet-2012 at 224 px, 6.2 MB. Bundlers copy the
 * file if a program imports this module. `assets/README.md` has its origin and accuracy.
 */
export const model = new URL('../../assets/vit-ti16-imagenet2012-224.safetensors', import.meta.url)
