import { UnsupportedError } from '../../../src/errors.ts'

/** In 0.1.25 a 3 x 3 convolution of 64 channels over 56 x 56 positions takes a second on one thread. */
export function refuseConvolutions(): never {
  throw new UnsupportedError(
    'jax-js has no SIMD for convolutions, and takes a minute for an image of a ResNet. Only patches that lie side by side without padding are cut for it.',
  )
}
