//! `Debug` for types that wrap a closure or hold secrets: it prints only the name of the type.

macro_rules! opaque_debug {
    ($($name:ident<$($param:ident $(: ?$sized:ident)?),*>),* $(,)?) => {$(
        impl<$($param $(: ?$sized)?),*> std::fmt::Debug for $name<$($param),*> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

pub(crate) use opaque_debug;
