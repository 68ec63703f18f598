//! candle's own Vision Transformer, as JavaScript calls it. Everything here is plumbing: the model,
//! its kernels and its reading of files are candle's, as anybody gets them.

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::vit::{Config, Model};
use wasm_bindgen::prelude::*;

/// A model that is loaded.
#[wasm_bindgen]
pub struct Vit {
    model: Model,
    config: Config,
}

#[wasm_bindgen]
impl Vit {
    /// - `file`: a safetensors file, f32, under Hugging Face's names
    /// - `config`: what candle wants to know of a model, as JSON; Hugging Face's names too
    /// - `labels`: the number of classes
    #[wasm_bindgen(constructor)]
    pub fn new(file: &[u8], config: &str, labels: usize) -> Result<Vit, JsError> {
        console_error_panic_hook::set_once();
        let config: Config = serde_json::from_str(config)?;
        let weights = VarBuilder::from_slice_safetensors(file, DType::F32, &Device::Cpu)?;
        let model = Model::new(&config, labels, weights)?;
        Ok(Vit { model, config })
    }

    /// - `pixels`: `[batch, channels, height, width]`, normalised
    ///
    /// Returns the logits, `[batch, labels]`.
    pub fn forward(&self, pixels: &[f32], batch: usize) -> Result<Vec<f32>, JsError> {
        let size = self.config.image_size;
        let shape = (batch, self.config.num_channels, size, size);
        let images = Tensor::from_slice(pixels, shape, &Device::Cpu)?;
        let logits = self.model.forward(&images)?;
        Ok(logits.flatten_all()?.to_vec1()?)
    }
}
