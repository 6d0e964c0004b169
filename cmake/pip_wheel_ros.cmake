# Mends the ROS wheels of PyPI, passed as -DCMAKE_PROJECT_INCLUDE=<this file> (CMake >= 3.21). Not needed on an apt ROS.
#
# 1. Their exported *_generator_py targets name include folders of the machine that built them, and CMake refuses a target
#    whose include folders do not exist: once the directory is read, drop what is not there.
# 2. Ours would do the same with numpy's folder, and CMake refuses that when the environment lies inside the checkout
#    (.venv): such folders serve the build only.
function(_geoloc_mend_include_folders)
  get_property(imported DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" PROPERTY IMPORTED_TARGETS)
  foreach(target IN LISTS imported)
    get_target_property(folders ${target} INTERFACE_INCLUDE_DIRECTORIES)
    set(kept)
    foreach(folder IN LISTS folders)
      if(folder MATCHES "^\\$<" OR IS_DIRECTORY "${folder}")
        list(APPEND kept "${folder}")
      endif()
    endforeach()
    if(folders)
      set_property(TARGET ${target} PROPERTY INTERFACE_INCLUDE_DIRECTORIES "${kept}")
    endif()
  endforeach()

  get_property(built DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS built)
    if(target MATCHES "__rosidl_generator_py$")
      get_target_property(folders ${target} INTERFACE_INCLUDE_DIRECTORIES)
      list(TRANSFORM folders REPLACE "^(/.*)$" "$<BUILD_INTERFACE:\\1>")
      set_property(TARGET ${target} PROPERTY INTERFACE_INCLUDE_DIRECTORIES "${folders}")
    endif()
  endforeach()
endfunction()

cmake_language(DEFER CALL _geoloc_mend_include_folders)
