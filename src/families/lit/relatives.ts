import type { Relatives } from '../../checkpoint/plan/publisher.ts'

/** Models of images and texts that have names of a LiT, and compute something else. */
export const relatives: Relatives = {
  inside: [
    [/^(img|txt)\/MAPHead_\d+\//, 'an image and text model with attention pooling (SigLIP)'],
    [/^img\/(conv_root|gn_root|block\d+\/unit\d+)\//, 'a LiT whose image tower is a ResNet hybrid'],
    [/^img\/MixerBlock_\d+\//, 'a LiT whose image tower is an MLP-Mixer'],
    [/^b$/, 'an image and text model with a bias of its similarities (SigLIP)'],
  ],
  around: [],
}
