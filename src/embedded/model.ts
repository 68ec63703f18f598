/**
 * The model that comes with the package: ViT-Ti/16 for ImageNet-2012 at 224 px, 6 MB. Who does not
 * import this module does not load it. See assets/README.md for its origin and accuracy.
 */
export const model = new URL('../../assets/vit-ti16-imagenet2012-224.safetensors', import.meta.url)
